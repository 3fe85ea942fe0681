// @ts-check
// Tones, made by WebAudio: three for a P1, one for a P2. A board that cannot sound, or is not to for a while, says so.

const APART_MS = 10000;
const MUTE_MS = 30 * 60000;

/** @type {AudioContext | null} */
let audio = null;
let lastRing = -Infinity;
let lastSound = -Infinity;

function context() {
  try { audio ??= new AudioContext(); } catch { /* no audio device: stays blocked */ }
  return audio;
}

const isBlocked = () => context()?.state !== "running";
const wake = () => { context()?.resume().catch(() => {}); };

document.addEventListener("pointerdown", wake);

/** Until when this screen was muted by hand, and the server's word for it; Unix milliseconds of the server's clock. */
let byHand = Number(localStorage.getItem("mutedUntil") ?? 0);
let bySilence = 0;

/** @param {number | null | undefined} until of a silence that takes all of this board */
export const silenced = (until) => { bySilence = until ?? 0; };

/** When sound is to be heard again; 0 where it is. @param {number} now */
export const mutedUntil = (now) => Math.max(byHand > now && byHand <= now + MUTE_MS ? byHand : 0, bySilence > now ? bySilence : 0); // a clock that was wrong mutes nothing for ever

/** @param {number} now @returns {"soundBlocked" | "soundMuted" | "soundOn"} what cannot sound says so first: it would not after the pause either */
export const soundState = (now) => (isBlocked() ? "soundBlocked" : mutedUntil(now) > 0 ? "soundMuted" : "soundOn");

/** The button that says it: mutes for half an hour, or ends that. A blocked one is only woken. @param {HTMLElement} button @param {() => number} now @param {() => void} changed */
export function muteBy(button, now, changed) {
  let woken = false;
  button.addEventListener("pointerdown", () => { woken = isBlocked(); });
  button.addEventListener("click", () => {
    if (woken || isBlocked()) wake();
    else {
      byHand = byHand > now() ? 0 : now() + MUTE_MS;
      localStorage.setItem("mutedUntil", String(byHand));
    }
    woken = false;
    changed();
  });
}

/** @param {number} count @param {number} hertz */
function tones(count, hertz) {
  const ctx = context();
  if (!ctx) return;
  for (let i = 0; i < count; i++) {
    const tone = ctx.createOscillator();
    const volume = ctx.createGain();
    tone.frequency.value = hertz;
    volume.gain.value = 0.2;
    tone.connect(volume).connect(ctx.destination);
    tone.start(ctx.currentTime + i * 0.35);
    tone.stop(ctx.currentTime + i * 0.35 + 0.2);
  }
}

/** Three tones for a P1, at most once in ten seconds; a chime just before does not hold them up. @param {number} now */
export function ring(now) {
  if (soundState(now) !== "soundOn" || performance.now() - lastRing < APART_MS) return;
  lastRing = lastSound = performance.now();
  // @ts-ignore read by tests: when it sounded
  (window.__rings ??= []).push(lastRing);
  tones(3, 880);
}

/** One tone for a P2, ten seconds after any other sound. @param {number} now @returns {boolean} whether it is done with; else it is to be asked again */
export function chime(now) {
  if (soundState(now) !== "soundOn") return true;
  if (performance.now() - lastSound < APART_MS) return false;
  lastSound = performance.now();
  // @ts-ignore read by tests: when it sounded
  (window.__chimes ??= []).push(lastSound);
  tones(1, 587);
  return true;
}
