// @ts-check
// Tones for a P1, made by WebAudio. A board that cannot sound says so.

/** @type {AudioContext | null} */
let audio = null;
let last = -Infinity;

function context() {
  try { audio ??= new AudioContext(); } catch { /* no audio device: stays blocked */ }
  return audio;
}

export const soundState = () => (context()?.state === "running" ? "soundOn" : "soundBlocked");

document.addEventListener("pointerdown", () => { context()?.resume().catch(() => {}); });

/** Three tones, at most once in ten seconds. */
export function ring() {
  const ctx = context();
  if (!ctx || ctx.state !== "running" || performance.now() - last < 10000) return;
  last = performance.now();
  // @ts-ignore read by tests: when it sounded
  (window.__rings ??= []).push(last);
  for (let i = 0; i < 3; i++) {
    const tone = ctx.createOscillator();
    const volume = ctx.createGain();
    tone.frequency.value = 880;
    volume.gain.value = 0.2;
    tone.connect(volume).connect(ctx.destination);
    tone.start(ctx.currentTime + i * 0.35);
    tone.stop(ctx.currentTime + i * 0.35 + 0.2);
  }
}
