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
  return Promise.all((await cache.keys()).map(async ({ url }) => [url, await titleOf(cache, url)]));
}

async function titleOf(cache, url) {
  const text = await (await cache.match(url, { ignoreVary: true })).text();
  return new DOMParser().parseFromString(text, "text/html").title;
}

function row([url, title]) {
  const item = document.createElement("li");
  const words = document.createElement("div");
  const link = document.createElement("a");
  words.className = "list-main";
  link.href = url;
  link.textContent = title;
  words.append(link);
  item.append(words);
  return item;
}

const found = await keptPages();
place.hidden = !found.length;
place.querySelector("ul").replaceChildren(...found.map(row));
