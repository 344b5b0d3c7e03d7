// What the agent has said of a call and the floor has not confirmed yet. It outlives a reload and a lost line.
const KEY = "draft:";

/** The draft of a call; empty when there is none. */
export function draftOf(callId) {
  const empty = { code: "", notes: "", callback: "", own: false, amount: "", due: "", section: "", talked: null, pressed: {} };
  return { ...empty, ...JSON.parse(sessionStorage.getItem(KEY + callId) ?? "{}") };
}

/** Keep changes of a call's draft. */
export function keep(callId, changes) {
  sessionStorage.setItem(KEY + callId, JSON.stringify({ ...draftOf(callId), ...changes }));
}

/** The floor has it: forget the draft. */
export function forget(callId) {
  sessionStorage.removeItem(KEY + callId);
}

/** The call that was on the screen before a reload or a lost line, with something unsaved; null when there is none. */
export function leftCall() {
  const left = JSON.parse(sessionStorage.getItem("call") ?? "null");
  return left && unsaved(left.call_id) ? left : null;
}

/** Remember which call is on the screen (null: none), for `leftCall`. */
export function onScreen(call) {
  if (call) sessionStorage.setItem("call", JSON.stringify(call));
  else sessionStorage.removeItem("call");
}

/** Whether something was written that the floor does not know. */
export function unsaved(callId) {
  const draft = draftOf(callId);
  return Boolean(draft.code || draft.notes);
}
