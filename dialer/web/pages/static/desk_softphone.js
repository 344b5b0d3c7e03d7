// The agent's voice in the browser: one call of the carrier's softphone, which stays up all shift.
import { make } from "./elements.js";
import { _ } from "./words.js";

const SCRIPT = "/static/twilio-voice.min.js"; // there only where browser legs are on
const AGAIN = 2000; // ms before a broken leg is tried again

let device = null;
let wanted = false;
let tell = () => {};

/** Connect the leg, and again whenever it breaks; `say(kind, text)` is told what the agent must know. */
export async function openSoftphone(say) {
  tell = say;
  wanted = true;
  try {
    await load();
    await begin();
  } catch (error) {
    tell("bad", _("No sound: {why}", { why: error.message }));
    again();
  }
}

/** The desk is left: so is the line. */
export function hangUpSoftphone() {
  wanted = false;
  const mine = device;
  device = null;
  mine?.destroy();
}

async function begin() {
  const before = device;
  device = null;
  before?.destroy();
  const mine = new globalThis.Twilio.Device(await token(), { codecPreferences: ["opus", "pcmu"], closeProtection: true });
  device = mine;
  mine.on("tokenWillExpire", async () => mine.updateToken(await token()));
  mine.on("error", (error) => tell("bad", _("No sound: {why}", { why: error.message })));
  const call = await mine.connect();
  call.on("disconnect", () => mine === device && again());
  call.on("warning", (name) => tell("warn", _("The connection is poor: {what}", { what: name })));
  call.on("warning-cleared", () => tell("", ""));
}

/** The floor rings no browser: a leg that broke is built anew from here. */
function again() {
  if (wanted) setTimeout(() => wanted && openSoftphone(tell), AGAIN);
}

async function token() {
  const answer = await fetch("/desk/voice-token", { method: "POST" });
  if (!answer.ok) throw new Error((await answer.json()).error);
  return (await answer.json()).token;
}

function load() {
  if (globalThis.Twilio) return Promise.resolve();
  return new Promise((loaded, failed) => {
    const onerror = () => failed(new Error(_("the carrier's script cannot be loaded")));
    document.head.append(make("script", { src: SCRIPT, onload: loaded, onerror }));
  });
}
