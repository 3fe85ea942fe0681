// @ts-check
// The wire: one hub stream. The watchdog is our own: silence for five seconds tears the link down; it is tried again for ever.

/** @typedef {{epoch: string, seq: number, t: number, alarmRev: number, build: string, board: any, cells: any[]}} Snapshot */
/** @typedef {{onSnapshot(s: Snapshot): void, onDelta(d: any[]): void, onLost(attempt: number): void}} Listener */

const SILENCE_MS = 5000;
const RETRY_S = [0.5, 1, 2, 4, 5];

/** @param {string} board @param {Listener} listener */
export function follow(board, listener) {
  let attempt = 0;
  let seq = 0;
  let epoch = "";
  /** @type {any} */
  let connection = null;
  let watchdog = 0;

  const fed = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(again, SILENCE_MS);
  };

  /** @param {any} item */
  const take = (item) => {
    attempt = 0;
    fed();
    if (Array.isArray(item)) {
      seq = item[0];
      listener.onDelta(item);
    } else {
      ({ seq, epoch } = item);
      listener.onSnapshot(item);
    }
  };

  function again() {
    clearTimeout(watchdog);
    const old = connection;
    connection = null;
    if (old) old.stop().catch(() => {});
    attempt += 1;
    listener.onLost(attempt);
    const wait = RETRY_S[Math.min(attempt, RETRY_S.length) - 1] * 1000 * (0.7 + Math.random() * 0.6);
    setTimeout(connect, wait);
  }

  async function connect() {
    // @ts-ignore the library is a classic script
    const signalR = window.signalR;
    const mine = new signalR.HubConnectionBuilder()
      .withUrl("/hub/board", { skipNegotiation: true, transport: signalR.HttpTransportType.WebSockets })
      .configureLogging(signalR.LogLevel.None)
      .build();
    connection = mine;
    const lost = () => { if (connection === mine) again(); };
    mine.onclose(lost);
    fed();
    try {
      await mine.start();
      mine.stream("Watch", board, seq, epoch).subscribe({ next: (/** @type {any} */ i) => connection === mine && take(i), error: lost, complete: lost });
    } catch {
      lost();
    }
  }

  connect();
}
