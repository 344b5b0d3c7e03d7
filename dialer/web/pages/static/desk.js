// The agents' desk: what the floor says is shown, what the agent wants is sent. The floor decides.
import { RESULT, showCall, theirTime } from "./desk_call.js";
import { draftOf, forget, keep, leftCall, onScreen, unsaved } from "./desk_draft.js";
import "./desk_keys.js";
import { showMessages } from "./desk_message.js";
import { choose, chosenOutcome, foreseen, onAsk, outcomeWith, showOutcome, told } from "./desk_outcome.js";
import { chooseReason, openMenu, showPreview } from "./desk_preview.js";
import { showSignIn } from "./desk_sign_in.js";
import { openLine } from "./desk_socket.js";
import { hangUpSoftphone, openSoftphone } from "./desk_softphone.js";
import { by, make, say } from "./elements.js";
import { inWords } from "./reasons.js";
import { AGENT } from "./states.js";
import { _, clock } from "./words.js";

const AUTO_SAVE = 2; // s before the wrap-up limit at which a chosen outcome is sent by itself

let seat = JSON.parse(sessionStorage.getItem("seat") ?? "null");
let line = null;
let state = null; // the floor's last word
let call = null; // on the screen; stays after its end until it is saved or the next one comes
let looking = null; // the lead before its call, or while it rings
let panel = null; // what the panels show
let stuck = ""; // the draft that the floor refused: it is not sent again by itself
let waiting = null; // the outcome that was sent and is not confirmed yet: {callId, code, done}
let ahead = 0; // s that the floor's clock is ahead of ours

function sit(taken) {
  seat = taken;
  document.body.classList.remove("narrow");
  by("sign-in").hidden = true;
  by("desk").hidden = false;
  say(by("where"), `${seat.title} · ${seat.agent}`);
  line = openLine({ message: hear, state: reached, refused: () => rise(_("Your desk was given up. Sign in again; your notes are kept.")) });
  if (seat.leg === "browser") openSoftphone(tell);
}

/** A supervisor has moved this agent to another campaign. */
function move(to) {
  seat = { ...seat, ...to };
  sessionStorage.setItem("seat", JSON.stringify(seat));
  say(by("where"), `${seat.title} · ${seat.agent}`);
  tell("warn", _("You are on the campaign {title} now.", seat));
}

function rise(why) {
  line?.close();
  hangUpSoftphone();
  line = state = call = waiting = looking = null;
  sessionStorage.removeItem("seat");
  for (const id of ["status", "line", "where"]) say(by(id).firstElementChild ?? by(id), "");
  by("status").hidden = true;
  showSignIn(sit, why);
}

function reached(up) {
  by("lost").hidden = up;
  if (!up) say(by("lost"), _("The connection to the floor is lost. Trying again… Your notes are kept. The person on the line is looked after."));
}

// ---------------------------------------------------------------- what the floor says

function hear(message) {
  if (message.messages) showMessages(message.messages, ask);
  if (message.seat && message.seat.name !== seat.name) move(message.seat);
  if (message.event === "state") return change(message);
  if (message.event === "leg") {
    state = { ...state, leg_up: message.up };
    if (message.say) tell(message.up ? "good" : "warn", message.say);
    draw();
  } else if (message.event === "saved") saved(message);
  else if (message.event === "callback") foreseen(message);
  else if (message.event === "refused") refused(message.say);
  else if (message.event === "gone") rise(message.why === "signed out" ? "" : message.why);
}

function change(message) {
  const was = state;
  state = message;
  ahead = message.now - Date.now() / 1000;
  looking = lookedAt(message);
  const id = message.state === "dialing" ? undefined : message.call?.call_id;
  if (id && id !== call?.call_id) {
    sendLate();
    open(message.call);
  } else if (!id && call) {
    sendLate();
    if (!unsaved(call.call_id)) open(null);
  } else if (!id && leftCall()) {
    open(leftCall());
    sendLate();
  }
  if (was?.state === "talking" && message.state === "wrap_up" && call) keep(call.call_id, { talked: message.since - was.since });
  if (message.say) tell("warn", _("No conversation: {why}", { why: RESULT[message.say] ?? inWords(message.say) }));
  draw();
}

/** The lead that is to be shown before a conversation: the same object as long as it is the same lead. */
function lookedAt(message) {
  const shown = message.state === "preview" ? message.preview : message.state === "dialing" ? message.call : null;
  if (looking && looking.call_id !== shown?.call_id && message.call?.call_id !== looking.call_id) forget(looking.call_id);
  return shown?.person ? (looking?.call_id === shown.call_id ? looking : shown) : null;
}

function open(shown) {
  call = shown;
  stuck = "";
  waiting = null;
  if (shown) {
    tell("", "");
    if (document.activeElement !== document.body) document.activeElement.blur(); // the keys are the call's now
  }
  onScreen(call);
  showOutcome(call);
}

function saved(message) {
  const mine = waiting?.callId === message.call_id && waiting.code === message.code;
  if (mine && waiting.says) tell("good", _("Saved at {time}: {what}", { time: new Date().toLocaleTimeString(), what: waiting.says }));
  else tell("good", _("Saved."));
  if (message.call_id !== call?.call_id) forget(message.call_id); // late words on the call before
  else if (mine && waiting.done) {
    forget(message.call_id);
    if (state.state !== "talking") open(null);
  }
  waiting = null;
  draw();
}

function refused(why) {
  if (waiting && call) stuck = JSON.stringify(draftOf(call.call_id));
  const unfinished = waiting?.done && state.state === "wrap_up" && wrapUpLeft() < AUTO_SAVE;
  waiting = null;
  if (pressedLast && call) {
    setPressed(pressedLast, !pressed(pressedLast));
    pressedLast = "";
  }
  tell("bad", inWords(why));
  if (unfinished) want("paused", "unfinished"); // the next call would take the place of what is not saved
  draw();
}

function tell(kind, text) {
  by("say").className = `say ${kind}`;
  say(by("say"), text);
}

// ---------------------------------------------------------------- what is shown

function draw() {
  if (!state) return;
  const talking = state.state === "talking";
  const wrapping = state.state === "wrap_up";
  by("status").hidden = false;
  by("status").className = `status ${state.state}`;
  const pausing = state.wants === "paused" && (talking || wrapping) && state.pause_code;
  say(by("state"), (state.state === "offline" ? _("Not ready yet") : AGENT[state.state]) + (state.state === "paused" && state.pause_code ? `: ${state.pause_code}` : "") + (pausing ? " → " + _("pause") : ""));
  say(by("line"), state.leg === "none" ? "" : state.leg_up ? _("line is up") : _("waiting for your line"));
  const shown = call ?? looking;
  if (shown !== panel) showCall((panel = shown));
  by("idle").hidden = Boolean(shown);
  by("script").hidden = !shown;
  showPreview(state, seat);
  if (talking && call) seen();
  say(by("idle-state"), state.state === "offline" ? _("Not ready yet") : AGENT[state.state]);
  say(by("idle-hint"), state.state === "ready" ? _("The next call comes by itself.") : _("Press R when you are ready for calls."));
  const enable = (ids, on) => ids.forEach((id) => (by(id).disabled = !on));
  enable(["end", "mute", "hold", "keys", "record", "transfer", "voicemail"], talking);
  by("ready").disabled = talking || wrapping ? !pausing : ["ready", "preview", "dialing", "reserved"].includes(state.state);
  for (const [id, { flag }] of Object.entries(AT_ONCE)) {
    by(id).hidden = Boolean(call) && !outcomeWith(flag);
    by(id).disabled = !call || !outcomeWith(flag) || Boolean(waiting);
  }
  by("by-hand").hidden = !seat.manual_dial;
  enable(["by-hand"], ["ready", "paused"].includes(state.state));
  enable(["save"], Boolean(call) && !talking && !waiting);
  by("save").classList.toggle("main", !talking);
  for (const id of ["mute", "hold", "record"]) by(id).setAttribute("aria-pressed", String(pressed(id)));
  tick();
}

/** Mark when a conversation came onto the screen: how long after the bridge is measured by it. */
function seen() {
  const key = `${call.call_id} ${state.since}`;
  if (performance.getEntriesByName("call shown")[0]?.detail.key === key) return;
  performance.clearMarks("call shown");
  const { since } = state;
  performance.mark("call shown", { detail: { key, call_id: call.call_id, since, at: Date.now() / 1000 } });
}

const wrapUpLeft = () => seat.wrap_up_limit - (Date.now() / 1000 + ahead - state.since);

function tick() {
  if (!state) return;
  const now = Date.now() / 1000 + ahead;
  const passed = now - state.since;
  say(by("state-time"), state.since ? clock(passed) : "");
  const wrapping = state.state === "wrap_up";
  const talked = state.state === "talking" ? passed : call ? draftOf(call.call_id).talked ?? 0 : 0;
  say(by("call-time"), clock(talked));
  const limit = seat.pause_codes[state.pause_code] * 60;
  by("status").classList.toggle("over", state.state === "paused" && limit > 0 && passed > limit);
  by("wrap").hidden = !wrapping;
  if (wrapping) {
    const left = wrapUpLeft();
    say(by("wrap"), _("Wrap-up {left}", { left: clock(left) }));
    if (left < AUTO_SAVE && call && chosenOutcome() && !waiting && JSON.stringify(draftOf(call.call_id)) !== stuck) save();
  }
  say(by("countdown"), state.state === "preview" && seat.preview_seconds ? _("Called in {left}", { left: clock(seat.preview_seconds - passed) }) : "");
  theirTime();
}
setInterval(tick, 500);

// ---------------------------------------------------------------- what the agent wants

function ask(message) {
  if (line.send(message)) return true;
  tell("bad", _("Not sent: the connection is lost. Try again when it is back."));
  return false;
}

onAsk(ask);

/** What is in force before the screen says so: flag of the outcome, and what the screen says. */
const AT_ONCE = {
  "opt-out": { flag: "opt_out", says: _("this number is not called again.") },
  "wrong-number": { flag: "wrong_number", says: _("wrong number, never called again for this person.") },
  attorney: { flag: "attorney", says: _("has an attorney: no number of this person is called again.") },
  cease: { flag: "cease", says: _("no more contact: no number of this person is called again.") },
};

function atOnce(outcome) {
  if (!chosenOutcome()) choose(outcome.code);
  dispose(outcome, false);
}

function dispose(outcome, done) {
  const says = Object.values(AT_ONCE).find(({ flag }) => outcome.flags.includes(flag))?.says;
  if (ask(told(outcome, done))) waiting = { callId: call.call_id, code: outcome.code, done, says };
  draw();
}

function save() {
  const outcome = chosenOutcome();
  if (!outcome) return tell("warn", _("First choose what came of the call: a number, or / to find it."));
  dispose(outcome, true);
}

/** The wrap-up ended by itself: what was chosen meanwhile is sent all the same. */
function sendLate() {
  if (!call || waiting || !unsaved(call.call_id)) return;
  const outcome = chosenOutcome();
  if (outcome) save();
  else tell("warn", _("The last call has notes but no outcome yet."));
}

let pressedLast = "";
const pressed = (id) => Boolean(call && draftOf(call.call_id).pressed[id]);
const setPressed = (id, on) => keep(call.call_id, { pressed: { ...draftOf(call.call_id).pressed, [id]: on } });

function toggle(id, message) {
  const on = !pressed(id);
  if (!ask({ ...message, on })) return;
  pressedLast = id;
  setPressed(id, on);
  draw();
}

const clicks = {
  ready: () => want("ready"),
  pause: choosePause,
  end: () => ask({ do: "hang_up" }),
  mute: () => toggle("mute", { do: "mute" }),
  hold: () => toggle("hold", { do: "hold" }),
  record: () => toggle("record", { do: "record" }),
  voicemail: () => ask({ do: "voicemail" }),
  keys: () => {
    by("digits").value = "";
    by("keypad").showModal();
  },
  transfer: () => {
    by("transfer-menu").returnValue = "";
    by("transfer-menu").showModal();
  },
  ...Object.fromEntries(Object.entries(AT_ONCE).map(([id, { flag }]) => [id, () => atOnce(outcomeWith(flag))])),
  dial: () => ask({ do: "dial" }),
  skip: () => chooseReason((why) => ask({ do: "skip", why })),
  "by-hand": () => {
    by("by-hand-to").value = "";
    openMenu("by-hand-menu");
  },
  save,
  "sign-out": () => ask({ do: "sign_out" }),
};
for (const [id, act] of Object.entries(clicks)) by(id).addEventListener("click", act);

/** Ready or paused. During a call it waits for the call's end, and the floor says nothing until then. */
function want(wants, code = "") {
  if (!ask(wants === "ready" ? { do: "ready" } : { do: "pause", code })) return;
  state = { ...state, wants, pause_code: code };
  draw();
}

function choosePause() {
  const codes = Object.entries(seat.pause_codes);
  by("pause-codes").replaceChildren(...codes.map(([code, minutes], index) => make(
    "button", { value: code, "data-number": index + 1 }, make("kbd", {}, String(index + 1)), ` ${code} `,
    make("span", { class: "quiet" }, minutes ? _("{minutes} min at most", { minutes }) : ""))));
  by("pause-menu").returnValue = "";
  by("pause-menu").showModal();
}
by("pause-menu").addEventListener("keydown", (event) => {
  const button = by("pause-codes").querySelector(`[data-number="${event.key}"]`);
  if (!button) return;
  event.stopPropagation(); // the menu is gone when the page hears of this key, and it is no outcome's number
  button.click();
});
by("pause-menu").addEventListener("close", () => by("pause-menu").returnValue && want("paused", by("pause-menu").returnValue));
by("digits").addEventListener("beforeinput", (event) => {
  if (/^[0-9*#]+$/.test(event.data ?? "")) ask({ do: "keys", digits: event.data });
  else if (event.data) event.preventDefault();
});
by("by-hand-menu").addEventListener("close", () => by("by-hand-menu").returnValue === "dial" && ask({ do: "dial_number", to: by("by-hand-to").value }));
by("transfer-menu").addEventListener("close", () => {
  const kind = by("transfer-menu").returnValue;
  if (kind && ask({ do: "transfer", to: by("transfer-to").value, kind }) && kind === "warm") offerToComplete();
});

function offerToComplete() {
  by("say").className = "say warn";
  by("say").replaceChildren(_("Speak with them, then hand the call over."), " ", make(
    "button", { type: "button", onclick: () => ask({ do: "complete_transfer" }) }, _("Hand over now")));
}

if (seat) sit(seat);
else showSignIn(sit);
