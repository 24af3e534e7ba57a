// The page for whatever was not kept: lists the pages that were, of the person who was here last.

await import(`./panel.js${new URL(import.meta.url).search}`);

const place = document.querySelector("[data-kept-pages]");

async function keptPages() {
  if (!("caches" in self)) return [];
  const shell = await caches.open("lensan-shell");
  const root = document.querySelector("[data-queue]").dataset.root;
  const who = await (await shell.match(`${root}-/who`))?.text();
  if (!who || !(await caches.has(`lensan-pages-${who}`))) return [];
  const cache = await caches.open(`lensan-pages-${who}`);
  return Promise.all((await cache.keys()).map(async ({ url }) => [url, ...(await wordsOf(cache, url))]));
}

// What a page is called, with the part of it that is chosen, and its lead.
async function wordsOf(cache, url) {
  const text = await (await cache.match(url, { ignoreVary: true })).text();
  const page = new DOMParser().parseFromString(text, "text/html");
  const said = (selector) => page.querySelector(selector)?.textContent.trim() ?? "";
  const title = [said("h1"), said("main [aria-current=page]")].filter(Boolean).join(" · ");
  return [title, said(".lead")];
}

function row([url, title, lead]) {
  const item = document.createElement("li");
  const words = document.createElement("div");
  const link = document.createElement("a");
  words.className = "list-main";
  link.href = url;
  link.textContent = title;
  const sub = document.createElement("div");
  sub.className = "list-sub";
  sub.textContent = lead;
  words.append(link, sub);
  item.append(words);
  return item;
}

const found = await keptPages();
place.hidden = !found.length;
place.querySelector("ul").replaceChildren(...found.map(row));
