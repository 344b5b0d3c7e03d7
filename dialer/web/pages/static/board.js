// The supervisors' board: what the floor tells each second is kept here, and drawn by the other board_ scripts.
import { drawAgents } from "./board_agents.js";
import { drawCards } from "./board_cards.js";
import { drawFigures, drawLaw } from "./board_figures.js";
import { drawPlots } from "./board_plots.js";
import { opened } from "./board_tabs.js";
import { by } from "./elements.js";

const AGAIN = 2000; // ms before a lost connection is tried again
const SILENCE = 5000; // ms without a word of the floor before it counts as lost
let chosen = sessionStorage.getItem("board") ?? "";
let campaigns = [];
let desks = {}; // campaign -> agent -> row
let figures = {}; // campaign -> what was read from the store last
let now = 0;
let heard = Date.now();

function connect() {
  desks = {};
  figures = {};
  const socket = new WebSocket(`${location.origin.replace("http", "ws")}/board/socket`);
  socket.addEventListener("message", (event) => {
    heard = Date.now();
    by("lost").hidden = true;
    hear(JSON.parse(event.data));
  });
  socket.addEventListener("close", (event) => {
    by("lost").hidden = false;
    if (event.code === 4401) location.assign("/office");
    else setTimeout(again, AGAIN);
  });
}

/** A floor that lives and refuses has ended the session. */
async function again() {
  const answer = await fetch("/board").catch(() => null);
  if (answer?.status === 401) location.assign("/office");
  else connect();
}
setInterval(() => {
  if (Date.now() - heard > SILENCE) by("lost").hidden = false;
}, 1000);

/** Only what changed is told: a row that is null is gone. */
function hear(message) {
  now = message.now;
  campaigns = message.campaigns;
  for (const [name, rows] of Object.entries(message.desks)) {
    desks[name] = { ...desks[name], ...rows };
    for (const [agent, row] of Object.entries(rows)) if (row === null) delete desks[name][agent];
  }
  figures = { ...figures, ...message.figures };
  draw();
}

function choose(name) {
  chosen = name;
  sessionStorage.setItem("board", name);
  draw();
}

function draw() {
  if (!campaigns.some((each) => each.name === chosen)) chosen = campaigns[0]?.name ?? "";
  const view = campaigns.find((each) => each.name === chosen);
  drawCards(campaigns, chosen, figures, choose);
  by("of").textContent = view?.title ?? "";
  if (opened() === "agents") drawAgents(view, Object.values(desks[chosen] ?? {}), now, campaigns);
  if (opened() === "law") drawLaw(view, figures[chosen]);
  if (opened() === "figures") drawFigures(figures[chosen]);
  if (opened() === "plots") drawPlots(chosen);
}

for (const name of ["tab", "found"]) document.addEventListener(`board:${name}`, draw);
connect();
