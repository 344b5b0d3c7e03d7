// Clocks of other places: what time it is there, and which instant a time on a wall clock there is.

/** The parts of an instant on a wall clock of a zone. */
function parts(instant, zone) {
  const style = { timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" };
  return Object.fromEntries(new Intl.DateTimeFormat("en-GB", style).formatToParts(instant).map((part) => [part.type, part.value]));
}

/** An instant as a `datetime-local` field shows it in a zone: 2026-11-23T08:15. */
export function onWall(instant, zone) {
  const p = parts(instant, zone);
  return `${p.year}-${p.month}-${p.day}T${p.hour}:${p.minute}`;
}

/** How far a zone's clock is ahead of UTC at an instant, minutes. */
function ahead(instant, zone) {
  const p = parts(instant, zone);
  const wall = Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute, p.second);
  return Math.round((wall - Math.floor(instant / 1000) * 1000) / 60000);
}

/** The instant at which a zone's clock shows a time, ISO 8601 with its offset. A time that the spring change leaves out
 *  is taken an hour later, one that comes twice the first time. */
export function instantOf(wall, zone) {
  const utc = Date.parse(`${wall}:00Z`);
  const early = ahead(utc - 86400000, zone);
  const late = ahead(utc + 86400000, zone);
  const fits = [early, late].find((offset) => ahead(utc - offset * 60000, zone) === offset) ?? early;
  const instant = utc - fits * 60000;
  const offset = ahead(instant, zone);
  const two = (number) => String(number).padStart(2, "0");
  const sign = offset < 0 ? "-" : "+";
  return `${onWall(instant, zone)}:00${sign}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
}

/** The hour and day there now, in the page's language. */
export function there(zone, instant = Date.now()) {
  const style = { timeZone: zone, weekday: "short", hour: "2-digit", minute: "2-digit" };
  return new Intl.DateTimeFormat(document.documentElement.lang, style).format(instant);
}

/** A day and hour there, in the page's language. */
export function thereOn(zone, instant) {
  const style = { timeZone: zone, weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
  return new Intl.DateTimeFormat(document.documentElement.lang, style).format(instant);
}

/** A day of a calendar, such as 2026-11-30, in the page's language. */
export function day(iso) {
  const at = new Date(`${iso}T00:00Z`);
  if (Number.isNaN(at.getTime())) return iso; // the client's own words
  return new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeZone: "UTC" }).format(at);
}

/** A date and time of our own, in the page's language. */
export function here(iso) {
  return new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" }).format(new Date(iso));
}
