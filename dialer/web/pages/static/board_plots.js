// Four plots of the chosen campaign, drawn by plotly, each with the same numbers as a table.
import { by, make } from "./elements.js";
import { _, percent } from "./words.js";

const AGAIN = 20000; // ms until the data are asked for anew
/** Plotly looks for an element of this id before it adds the styles of its maps, which we do not draw and the page may not. */
const NO_MAP_STYLES = "9f215cf04c5486422605d13261cb87401f4e7763b6296af81e98efbc0130da53";
let library = null;
let asked = { name: "", at: 0 };
let data = null;

/** Draw the plots of a campaign, with new data where the last are old. */
export async function drawPlots(name) {
  if (!name || (asked.name === name && Date.now() - asked.at < AGAIN)) return;
  asked = { name, at: Date.now() };
  library ??= load();
  const answer = await fetch(`/board/campaigns/${encodeURIComponent(name)}/history`).catch(() => null);
  if (!answer?.ok) return;
  data = await answer.json();
  if (!data.answers.length) asked.at -= AGAIN - 3000; // nothing was read yet
  await library;
  draw();
}

function load() {
  document.head.append(make("meta", { id: NO_MAP_STYLES }));
  return new Promise((done) => document.head.append(make("script", { src: "/static/plotly.min.js", onload: done })));
}

/** A colour of the page as plotly can read it. */
function colour(name) {
  const probe = by("plots");
  probe.style.color = `var(${name})`;
  const found = getComputedStyle(probe).color;
  probe.style.color = "";
  return found;
}

const when = (seconds) => new Date(1000 * seconds);
const time = (seconds) => when(seconds).toLocaleString(document.documentElement.lang, { dateStyle: "short", timeStyle: "short" });
/** Plotly reads instants as written: on the clock of this browser. */
const at = (points) => points.map(([seconds]) => new Date(1000 * seconds - 60000 * when(seconds).getTimezoneOffset()).toISOString().slice(0, 19));
const column = (points, index) => points.map((point) => point[index]);

function draw() {
  const [text, quiet, line, accent, warn, bad] = ["--text", "--quiet", "--line", "--accent", "--warn", "--bad"].map(colour);
  const axis = { gridcolor: line, linecolor: line, tickfont: { color: quiet }, zeroline: false, automargin: true };
  /** Instants a quarter of an hour apart at the least: plotly would fill an axis with milliseconds. */
  const range = (points) => {
    const [first, last] = [points[0][0], points.at(-1)[0]];
    const beside = Math.max(0, (900 - (last - first)) / 2);
    return at([[first - beside], [last + beside]]);
  };
  const layout = (points, y, bars) => ({
    margin: { l: 40, r: 12, t: 8, b: 24 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: text, family: "system-ui, sans-serif", size: 12 }, xaxis: { ...axis, type: "date", nticks: 5, tickangle: 0, ...(bars ? { range: at([[points.at(-1)[0] - 41400], [points.at(-1)[0] + 1800]]) } : { range: range(points) }) },
    yaxis: { ...axis, rangemode: "tozero", ...y }, legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom" }, showlegend: true,
    hoverlabel: { font: { color: text }, bgcolor: colour("--panel"), bordercolor: line },
  });
  const trace = (points, index, name, color, more = {}) => ({
    x: at(points), y: column(points, index), name, type: "scatter", mode: points.length > 1 ? "lines" : "markers",
    line: { color, width: 2, dash: more.dash ?? "solid" }, marker: { color }, ...more });
  const show = (id, points, traces, y, head, cells) => {
    by(`${id}-none`).hidden = points.length > 0;
    by(id).hidden = !points.length;
    if (points.length) window.Plotly.react(by(id), traces, layout(points, y, traces[0].type === "bar"), { displayModeBar: false, responsive: true });
    by(`${id}-table`).replaceChildren(
      make("thead", {}, make("tr", {}, ...head.map((each) => make("th", { scope: "col" }, each)))),
      make("tbody", {}, ...points.slice(-60).map((point) => make("tr", {}, ...cells(point).map((cell) => make("td", {}, cell))))),
    );
  };
  const { abandonment, waits, answers, floor } = data;
  const ends = abandonment.points.length ? [abandonment.points[0][0] - 450, abandonment.points.at(-1)[0] + 450] : [];
  const cap = ends.map((seconds) => [seconds, abandonment.cap]);
  show("plot-abandonment", abandonment.points,
    [trace(abandonment.points, 1, _("Abandoned"), accent), trace(cap, 1, _("Cap"), bad, { dash: "dash" })],
    { tickformat: ".1%" }, [_("When"), _("Abandoned"), _("Cap")], ([s, rate]) => [time(s), percent(rate, 2), percent(abandonment.cap, 1)]);
  show("plot-waits", waits, [trace(waits, 1, _("mean"), accent), trace(waits, 2, _("95 % within"), warn, { dash: "dot" })],
    { ticksuffix: " s" }, [_("When"), _("mean"), _("95 % within")], ([s, mean, p95]) => [time(s), `${mean.toFixed(2)} s`, `${p95.toFixed(2)} s`]);
  const rates = answers.filter((each) => each[1]).map(([s, placed, live]) => [s, live / placed]);
  show("plot-answers", rates, [trace(rates, 1, _("Answered by a person"), accent, { type: "bar", width: 2880000, showlegend: false, marker: { color: accent } })],
    { tickformat: ".0%" }, [_("Hour"), _("Answered by a person")], ([s, rate]) => [time(s), percent(rate, 1)]);
  show("plot-floor", floor,
    [trace(floor, 3, _("Lines in use"), quiet, { dash: "dot" }), trace(floor, 1, _("Agents at work"), accent), trace(floor, 2, _("of them busy"), warn, { dash: "dash" })],
    {}, [_("When"), _("Agents at work"), _("of them busy"), _("Lines in use")], ([s, agents, busy, lines]) => [time(s), String(agents), String(busy), String(lines)]);
}

const redraw = () => data && window.Plotly && draw();
new MutationObserver(redraw).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
