// @ts-check
// Pictures on canvas: the gauge and sparkline of a tile, and the trend by Chart.js, loaded only when first needed.
import { t } from "./text.js";

/** @param {HTMLCanvasElement} canvas */
function prepared(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth * ratio;
  const height = canvas.clientHeight * ratio;
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  ctx.clearRect(0, 0, width, height);
  return { ctx, width, height };
}

const COLOURS = { breach: "#FF6B61", risk: "#FFC233", normal: "#8EA0B5", none: "#8EA0B5" };

/** @param {HTMLCanvasElement} canvas @param {number | null} share 0 to 1 @param {number} target 0 to 1 @param {string} state */
export function gauge(canvas, share, target, state) {
  const { ctx, width, height } = prepared(canvas);
  ctx.fillStyle = "#414A57";
  ctx.fillRect(0, height * 0.2, width, height * 0.6);
  if (share !== null) {
    // @ts-ignore the state is one of the four
    ctx.fillStyle = COLOURS[state] ?? COLOURS.none;
    ctx.fillRect(0, height * 0.2, width * Math.min(1, share), height * 0.6);
  }
  ctx.fillStyle = "#E8ECF1";
  ctx.fillRect(Math.min(width - 4, width * target), 0, Math.max(3, width * 0.01), height);
}

/** @param {HTMLCanvasElement} canvas @param {(number | null)[]} values */
export function spark(canvas, values) {
  const { ctx, width, height } = prepared(canvas);
  const known = /** @type {number[]} */ (values.filter((v) => v !== null));
  if (known.length < 2) return;
  const low = Math.min(...known);
  const range = Math.max(...known) - low || 1;
  ctx.strokeStyle = "#A9B4C2";
  ctx.lineWidth = Math.max(1, height / 24);
  ctx.beginPath();
  let pen = false;
  values.forEach((v, i) => {
    if (v === null) { pen = false; return; }
    const x = (i / Math.max(1, values.length - 1)) * width;
    const y = height * 0.9 - ((v - low) / range) * height * 0.8;
    if (pen) ctx.lineTo(x, y); else ctx.moveTo(x, y);
    pen = true;
  });
  ctx.stroke();
}

/** @type {any} */
let chart = null;
/** @type {Promise<void> | null} */
let loading = null;

const load = () => (loading ??= new Promise((done, failed) => {
  const script = document.createElement("script");
  script.src = "/lib/chart.js/chart.umd.min.js";
  script.onload = () => done();
  script.onerror = failed;
  document.head.append(script);
}));

/** @param {boolean} lost alarm colours are off while the link is lost @param {HTMLCanvasElement} canvas @param {{created: number[], resolved: number[], alarms: number[], from: number, step_s: number}} trend */
export async function drawTrend(canvas, trend, lost) {
  canvas.setAttribute("aria-label", `${t("trend")}: ${sum(trend.created)} / ${sum(trend.resolved)}`);
  await load();
  // @ts-ignore the library is a classic script
  const Chart = window.Chart;
  const size = parseFloat(getComputedStyle(canvas).fontSize) || 14;
  const alarmed = trend.created.map((_, i) => (trend.alarms.some((at) => Math.floor((at - trend.from) / (trend.step_s * 1000)) === i) ? 0 : null));
  const sets = [
    { label: t("created"), data: trend.created, borderColor: "#8EA0B5", borderWidth: size / 7 },
    { label: t("resolved"), data: trend.resolved, borderColor: "#E8ECF1", borderDash: [size / 4, size / 4], borderWidth: size / 7 },
    { label: "", data: alarmed, borderColor: lost ? "#8EA0B5" : "#FF6B61", backgroundColor: lost ? "#8EA0B5" : "#FF6B61", showLine: false, pointStyle: "rect", radius: size / 6 },
  ];
  if (chart) {
    chart.data.labels = trend.created.map(String);
    sets.forEach((set, i) => Object.assign(chart.data.datasets[i], set));
    chart.update("none");
    return;
  }
  chart = new Chart(canvas, {
    type: "line",
    data: { labels: trend.created.map(String), datasets: sets },
    options: {
      animation: false, responsive: true, maintainAspectRatio: false, events: [],
      elements: { point: { radius: 0 }, line: { tension: 0.2 } },
      plugins: { legend: { display: false }, tooltip: { enabled: false } },
      scales: { x: { display: false }, y: { beginAtZero: true, ticks: { color: "#A9B4C2", maxTicksLimit: 3, precision: 0, font: { size } }, grid: { color: "#3A4350" } } },
    },
  });
}

/** @param {number[]} values */
const sum = (values) => values.reduce((a, b) => a + b, 0);
