// Words for the engine's states.
import { _ } from "./words.js";

export const AGENT = {
  offline: _("Offline"),
  paused: _("Paused"),
  ready: _("Ready"),
  preview: _("Before the call"),
  dialing: _("Calling"),
  reserved: _("Call arriving"),
  talking: _("Talking"),
  wrap_up: _("Wrap-up"),
};

export const CAMPAIGN = {
  draft: _("Not started"),
  ready: _("Ready to dial"),
  running: _("Dialing"),
  paused: _("Paused"),
  outside_hours: _("Outside its hours"),
  waiting_for_agents: _("Waiting for agents"),
  waiting_for_leads: _("No leads to call now"),
  waiting_for_lines: _("Waiting for lines"),
  blocked: _("Stopped"),
  complete: _("Complete"),
};
