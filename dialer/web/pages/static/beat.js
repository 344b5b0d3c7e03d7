// A worker that ticks each second: browsers slow the timers of pages that are out of sight, but not a worker's.
setInterval(() => postMessage("tick"), 1000);
