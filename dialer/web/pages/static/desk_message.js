// What a supervisor tells this desk: it stands over the page until the agent has taken note of it.
import { by, make } from "./elements.js";
import { _ } from "./words.js";

const place = make("div", { class: "messages", role: "status" });
by("desk").append(place); // the key is one of the desk's
let shown = "";

/** Show the messages that are not taken note of; `ask(message)` tells the floor of one that is. */
export function showMessages(messages, ask) {
  const now = JSON.stringify(messages);
  if (now === shown) return;
  shown = now;
  place.replaceChildren(...messages.map((each) => make(
    "p", { class: "say warn" }, make("strong", {}, _("{name} says:", { name: each.by })), " ", each.text, " ",
    make("button", { type: "button", "data-key": "U", onclick: (event) => ask({ do: "seen", code: each.id }) && event.target.parentNode.remove() }, _("Understood")))));
}
