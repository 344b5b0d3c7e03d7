// Everything by keyboard: a key is a button's own (data-key); Alt and the key works while typing, too.
import { branch } from "./desk_call.js";
import { chooseNumber } from "./desk_outcome.js";
import { by } from "./elements.js";

const switched = by("shortcuts");
switched.checked = localStorage.getItem("shortcuts") !== "off";
switched.addEventListener("change", () => localStorage.setItem("shortcuts", switched.checked ? "on" : "off"));

const typing = (element) => element.matches("textarea, select, input:not([type=checkbox])");

document.addEventListener("keydown", (event) => {
  if (by("desk").hidden || document.querySelector("dialog[open]") || event.ctrlKey || event.metaKey) return;
  const inField = typing(event.target);
  if (event.key === "Escape") return event.target.blur();
  if (event.altKey) {
    const digit = /^Digit(\d)$/.exec(event.code);
    if (digit ? branch(digit[1]) : press(event.code.replace("Key", ""))) event.preventDefault();
    return;
  }
  if (inField || !switched.checked) return;
  const onButton = event.target.matches("button, a, input, [tabindex]:not(main)");
  if (event.key === "Enter") {
    if (!onButton || event.target.closest(".dispositions")) press("↵") && event.preventDefault();
  } else if (/^[1-9]$/.test(event.key)) {
    event.preventDefault(); // a callback moves to its field at once, which must not be given this digit
    chooseNumber(Number(event.key));
  } else if (event.key === "/") focus("search", event);
  else if (event.key.toUpperCase() === "N") focus("notes", event);
  else if (press(event.key.toUpperCase())) event.preventDefault();
});

function focus(id, event) {
  by(id).focus();
  event.preventDefault();
}

/** Press the button of a key; false when there is none or it cannot be pressed now. */
function press(key) {
  const button = [...document.querySelectorAll("#desk button[data-key]")].find((each) => each.dataset.key === key);
  if (!button || button.disabled) return false;
  button.click();
  return true;
}
