// While something on the page is not finished, its content is asked for again each second, and put in its place.
const EVERY = 1000; // ms

async function again() {
  if (!document.querySelector("[data-unfinished]")) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.ok && !answer.redirected) {
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (fresh.querySelector("[data-unfinished]")) {
        document.querySelector("[data-unfinished]").replaceWith(fresh.querySelector("[data-unfinished]"));
      } else {
        location.reload(); // whole, so that its scripts find what is new
        return;
      }
    }
  } catch {
    // the floor is away for a moment: ask again
  }
  setTimeout(again, EVERY);
}

setTimeout(again, EVERY);
