// Visits pages in a real browser, for ../../../support/browser.rs: reads steps from stdin, one JSON object a line, and prints the
// result of each as one line, {"result"} or {"error"}. The end of stdin ends the browser.
//
// A step is {"do": NAME, …}; the names are those of the functions in `steps`. CHROMIUM names the browser, CLIENT_MODULES the
// folder that playwright-core and axe-core are installed in.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const LIMIT = 20_000;

const require = createRequire(join(process.env.CLIENT_MODULES ?? import.meta.dirname, "package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

// Without a sandbox it starts as root too; it sees nothing but the test's own pages. It asks nobody for anything of its own.
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
FLAGS.push("--disable-component-update", "--disable-sync");

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });
let context;
let page;
let faults;

const steps = {
  // A browser window that knows nothing yet: no cookie, no cache. What was seen in the last one is forgotten.
  async open({ width = 1280, height = 800, dark = false, scripts = true, touch = false, headers }) {
    await context?.close();
    context = await browser.newContext({
      viewport: { width, height },
      colorScheme: dark ? "dark" : "light",
      javaScriptEnabled: scripts,
      hasTouch: touch,
      reducedMotion: "reduce",
      extraHTTPHeaders: headers,
    });
    context.setDefaultTimeout(LIMIT);
    page = await context.newPage();
    watch();
  },

  async goto({ url }) {
    const response = await page.goto(url, { waitUntil: "load" });
    return { status: response.status(), headers: response.headers(), url: page.url(), title: await page.title() };
  },

  // Where the window is now, as after a click.
  async where() {
    return { url: page.url(), title: await page.title() };
  },

  async dark({ dark }) {
    await page.emulateMedia({ colorScheme: dark ? "dark" : "light" });
  },

  async resize({ width, height }) {
    await page.setViewportSize({ width, height });
  },

  // What is shown of each element that `selector` finds.
  texts: ({ selector }) => page.locator(selector).allInnerTexts(),

  // An attribute of each of them, null where one has none.
  attributes: ({ selector, name }) =>
    page.locator(selector).evaluateAll((elements, name) => elements.map((element) => element.getAttribute(name)), name),

  count: ({ selector }) => page.locator(selector).count(),

  click: ({ selector }) => page.locator(selector).first().click(),

  fill: ({ selector, value }) => page.locator(selector).first().fill(value),

  choose: ({ selector, value }) => page.locator(selector).first().selectOption(value),

  press: ({ key }) => page.keyboard.press(key),

  // Until `selector` finds something, or something with this text in it.
  async wait({ selector, text }) {
    const found = page.locator(selector);
    await (text === undefined ? found : found.filter({ hasText: text })).first().waitFor({ state: "attached" });
  },

  // The element that has the focus, and whether one sees that it does.
  focused: () =>
    page.evaluate(() => {
      const element = document.activeElement;
      const style = getComputedStyle(element);
      const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
      const { width, height, top, left } = element.getBoundingClientRect();
      return {
        tag: element.tagName.toLowerCase(),
        id: element.id,
        name: element.getAttribute("name"),
        href: element.getAttribute("href"),
        text: (element.textContent ?? "").trim().slice(0, 200),
        visible: (outlined || style.boxShadow !== "none") && width > 1 && height > 1 && top + height > 0 && left + width > 0,
      };
    }),

  // The value of an expression, in the page.
  evaluate: ({ script }) => page.evaluate(script),

  // What axe-core takes for a serious or critical fault of accessibility.
  async axe() {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, impact, help, nodes }) => ({
        id,
        impact,
        help,
        nodes: nodes.map(({ target, html, failureSummary }) => ({ target, html, failureSummary })),
      }));
  },

  // What the window shows, as PNG; as WebP, which is smaller, where the file's name says so.
  async screenshot({ path }) {
    if (!path.endsWith(".webp")) return void (await page.screenshot({ path }));
    const devtools = await context.newCDPSession(page);
    const { data } = await devtools.send("Page.captureScreenshot", { format: "webp", quality: 90 });
    writeFileSync(path, Buffer.from(data, "base64"));
  },

  // What went wrong since this was asked last.
  async faults() {
    const seen = faults;
    faults = [];
    return seen;
  },
};

function watch() {
  faults = [];
  const fault = (kind, text) => faults.push({ kind, text, page: page.url() });
  // What the Content-Security-Policy refuses is told here, too.
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") fault("console", message.text());
  });
  page.on("pageerror", (error) => fault("script", error.stack ?? String(error)));
  page.on("dialog", (dialog) => {
    fault("dialog", dialog.message());
    // Fails where the page has gone meanwhile.
    dialog.dismiss().catch(() => {});
  });
  page.on("popup", (popup) => fault("popup", popup.url()));
  page.on("download", (download) => fault("download", download.url()));
  page.on("request", (request) => {
    if (request.frame().parentFrame() !== null) fault("frame", request.url());
    const own = page.url() === "about:blank" || request.isNavigationRequest() || request.url().startsWith("data:");
    if (!own && new URL(request.url()).origin !== new URL(page.url()).origin) fault("foreign", request.url());
  });
  page.on("requestfailed", (request) => {
    // An event stream, or an icon that is still coming, ends with its page.
    const ended = request.failure()?.errorText === "net::ERR_ABORTED";
    if (!ended) fault("failed", `${request.url()}: ${request.failure()?.errorText}`);
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const { do: name, ...options } = JSON.parse(line);
  let answer;
  try {
    answer = { result: (await steps[name](options)) ?? null };
  } catch (error) {
    answer = { error: String(error?.message ?? error) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
await browser.close();
