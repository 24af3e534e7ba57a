// A household card marks who is there: read by the camera where the browser can, by its number otherwise. Works
// on the rows of this page, so it needs no network; a number that is not among them is left to the server.

const { markRow, rows } = await import(`./roster.js${new URL(import.meta.url).search}`);

const place = document.querySelector("[data-card]");
const part = (name) => place.querySelector(`[data-${name}]`);
const number = place.querySelector("input[name=ma]");
const roster = document.querySelector("[data-roster]");
const usual = roster?.dataset.door;
const AGAIN = 3000; // a card held still is one reading
const PATIENCE = 4000; // for the server, in a village with one bar
let stream = null;
let last = { code: "", at: 0 };

// "hg-12", "12" and whatever a card's QR holds around its code, as codes are written.
function codeIn(text) {
  const found = /HG[-\s]*([A-Z]?\d{1,9})/i.exec(text) ?? /^\s*(\d{1,9})\s*$/.exec(text);
  return found ? `HG-${found[1].toUpperCase().padStart(6, "0")}` : "";
}

function tell(name, places = {}) {
  const text = part("card-words").dataset[name];
  part("said").textContent = text.replace(/\{(\w+)\}/g, (_all, key) => places[key]);
}

// One person of the household is in the class: there. Several: their rows alone are shown, to tap who came.
async function take(code) {
  const found = rows().filter((row) => row.dataset.household === code);
  if (found.length === 1) {
    await markRow(found[0], true, "card");
    tell("marked", { name: found[0].querySelector("b").textContent });
  } else if (found.length) {
    showOnly(found);
    tell("several", { code });
  }
  return found.length > 0;
}

function showOnly(found) {
  for (const row of rows()) row.hidden = !found.includes(row);
  roster.dataset.door = "card";
  part("everybody").hidden = false;
  found[0].scrollIntoView({ block: "center" });
}

function showAll() {
  for (const row of rows()) row.hidden = false;
  roster.dataset.door = usual;
  part("everybody").hidden = true;
  part("said").textContent = "";
}

// The server knows more households than this page. Whether it can be reached is asked of it: a phone says that
// it is on line as soon as there is an antenna.
async function typed(event) {
  event.preventDefault();
  if (await take(codeIn(number.value))) number.value = "";
  else if (await serverAnswers()) number.form.submit();
  else tell("nobody");
}

function serverAnswers() {
  const asked = { method: "HEAD", cache: "no-store", redirect: "manual", signal: AbortSignal.timeout?.(PATIENCE) };
  return fetch(number.form.action, asked).then(() => true, () => false);
}

async function scan() {
  if (stream) return stop();
  const video = part("video");
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    video.srcObject = stream;
    await video.play();
  } catch {
    stop();
    return tell("noCamera");
  }
  video.hidden = false;
  tell("scanning");
  return look(video, new BarcodeDetector({ formats: ["qr_code"] }));
}

async function look(video, detector) {
  while (stream) {
    const [seen] = await detector.detect(video).catch(() => []);
    const code = seen ? codeIn(seen.rawValue) : "";
    if (code && (code !== last.code || Date.now() - last.at > AGAIN)) {
      last = { code, at: Date.now() };
      navigator.vibrate?.(80);
      if (!(await take(code))) tell("nobody");
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

function stop() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  part("video").hidden = true;
  part("said").textContent = "";
}

number.form.addEventListener("submit", typed);
part("everybody").onclick = showAll;
part("scan").onclick = scan;
if ("BarcodeDetector" in self && navigator.mediaDevices) {
  const formats = await BarcodeDetector.getSupportedFormats();
  part("scan").hidden = !formats.includes("qr_code");
}
