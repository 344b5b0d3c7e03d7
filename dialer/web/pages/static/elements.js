// Making elements from text: what people wrote is always text, never markup.

/** An element: make("td", {class: "number"}, "12"). A child that is null is left out. */
export function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** The element of an id. */
export const by = (id) => document.getElementById(id);

/** Put a text into an element; nothing happens when it is there already, so that nothing flickers or is read twice. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
