// The words of scripts in the page's language. Every call of _() is found by the test of the catalogues.
const words = JSON.parse(document.getElementById("words").textContent);

/** A text in the page's language; {name} in it is replaced by values.name. */
export function _(english, values = {}) {
  return (words[english] ?? english).replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** A fraction as a percentage, in the page's language. */
export function percent(share, digits = 1) {
  const style = { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(document.documentElement.lang, style).format(share);
}

/** An amount with its currency, in the page's language; "" when it is none. */
export function money(amount, currency) {
  if (!amount || !/^[A-Z]{3}$/.test(currency ?? "") || Number.isNaN(Number(amount))) return "";
  return new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency }).format(Number(amount));
}

/** Seconds as 0:42 or 1:02:03. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, "0");
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
