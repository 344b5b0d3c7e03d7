// Why the gate refuses, in words: the codes of `dnc.values.Code`; a test compares them with the reports' words.
import { _ } from "./words.js";

const REASON = {
  HOURS_FEDERAL: _("outside of the hours that national law allows"),
  HOURS_STATE: _("outside of the hours that the state allows"),
  HOURS_COUNTRY: _("outside of the hours that the country allows"),
  CAMPAIGN_CLOSED: _("the campaign was closed by its own calendar"),
  DAY_SUNDAY: _("no calls on Sundays there"),
  DAY_SATURDAY: _("no calls on Saturdays there"),
  HOLIDAY: _("no calls on this holiday there"),
  TZ_AMBIGUOUS: _("the number may be in several time zones, and one of them is closed"),
  TZ_UNKNOWN: _("nobody knows the person's time zone"),
  NUMBER_INVALID: _("not a number that can be called"),
  FREQ_8H: _("called too often within hours"),
  FREQ_24H: _("called too often within 24 hours"),
  FREQ_7D: _("called too often within seven days"),
  FREQ_30D: _("called too often within thirty days"),
  FREQ_CAMPAIGN: _("called as often as the campaign itself allows"),
  FREQ_AFTER_CONVERSATION: _("too soon after a conversation"),
  COOLOFF_REFUSAL: _("too soon after the person refused"),
  ABANDON_72H: _("too soon after an abandoned call, without an agent guaranteed"),
  AMD_24H: _("too soon after a call that a machine was taken to have answered"),
  DNC_NATIONAL: _("on the national do-not-call list"),
  DNC_STATE: _("on the state's do-not-call list"),
  DNC_INTERNAL: _("on the internal do-not-call list"),
  DNC_CAMPAIGN: _("on the campaign's do-not-call list"),
  DNC_AREACODE: _("in an area code that the house does not call"),
  DNC_STALE: _("a do-not-call list was too old to be relied on"),
  DNC_MISSING: _("a do-not-call list that had to be consulted was not there"),
  LITIGATOR: _("on the list of litigators"),
  RND_YES: _("the number was given to somebody else since the consent"),
  RND_NO_DATA: _("nobody knows whether the number was given to somebody else since the consent"),
  CONSENT_REQUIRED: _("the consent that this kind of call needs is not on record"),
  CONSENT_REVOKED: _("the consent was taken back"),
  INCONVENIENT_TIME: _("a time that the person named as inconvenient"),
  EMERGENCY_SUSPENSION: _("calling there was suspended"),
  DATA_UNREADABLE: _("a rule could not be judged, and what cannot be judged is refused"),
  ON_A_CALL: _("the person was on another call of ours"),
};

/** A sentence of the floor with the gate's codes in words. */
export const inWords = (text) => text.replace(/\b[A-Z][A-Z0-9_]{4,}\b/g, (code) => REASON[code] ?? code);
