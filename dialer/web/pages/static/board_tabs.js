// The four views of the chosen campaign, as tabs: arrow keys go from one to the next.
const tabs = [...document.querySelectorAll("[role=tab]")];

/** Which view is open. */
export const opened = () => tabs.find((tab) => tab.getAttribute("aria-selected") === "true").dataset.view;

function open(tab) {
  for (const each of tabs) {
    each.setAttribute("aria-selected", String(each === tab));
    each.tabIndex = each === tab ? 0 : -1;
    document.getElementById(each.getAttribute("aria-controls")).hidden = each !== tab;
  }
  sessionStorage.setItem("board-view", tab.dataset.view);
  document.dispatchEvent(new Event("board:tab"));
}

for (const [index, tab] of tabs.entries()) {
  tab.addEventListener("click", () => open(tab));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = tabs[(index + step + tabs.length) % tabs.length];
    next.focus();
    open(next);
  });
}
open(tabs.find((tab) => tab.dataset.view === sessionStorage.getItem("board-view")) ?? tabs[0]);
