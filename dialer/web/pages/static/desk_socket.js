// The desk's line to the floor: one WebSocket, a ping each second, and a new try whenever it breaks.
const AGAIN = 700; // ms before a broken line is tried again
const SILENCE = 4000; // ms without a word of the floor before the agent is told; each ping is answered
const LOST = 9000; // ms after which a floor that answers but refuses the line has given the seat away

/**
 * Keep a line open.
 * @param {object} on - message(data), state(up: boolean) when the line goes or comes back, refused() when the floor lives
 *   but knows this desk no more.
 */
export function openLine(on) {
  let socket = null;
  let over = false;
  let since = Date.now(); // the floor's last word
  let tried = 0; // when the last line was begun

  function connect() {
    if (over) return;
    tried = Date.now();
    const mine = new WebSocket(`${location.origin.replace("http", "ws")}/desk/socket`);
    socket = mine;
    mine.addEventListener("open", () => mine.send(JSON.stringify({ do: "ping" })));
    mine.addEventListener("message", (event) => {
      if (socket !== mine) return;
      since = Date.now();
      on.state(true);
      on.message(JSON.parse(event.data));
    });
    mine.addEventListener("close", async (event) => {
      if (over || socket !== mine) return;
      if (event.code === 4404 || (Date.now() - since > LOST && (await floorLives()))) {
        over = true;
        on.refused();
        return;
      }
      setTimeout(connect, AGAIN);
    });
  }

  const beat = new Worker("/static/beat.js");
  beat.addEventListener("message", () => {
    if (over) return beat.terminate();
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ do: "ping" }));
    if (Date.now() - since <= SILENCE) return;
    on.state(false);
    if (Date.now() - tried > SILENCE) {
      socket.close(); // a line into nowhere stays open for minutes: leave it, and begin another
      connect();
    }
  });
  connect();
  return {
    /** Ask the floor for something; false when the line is down and nothing was asked. */
    send(message) {
      if (socket.readyState !== WebSocket.OPEN) return false;
      socket.send(JSON.stringify(message));
      return true;
    },
    close() {
      over = true;
      socket.close();
    },
  };
}

async function floorLives() {
  try {
    return (await fetch("/healthz", { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}
