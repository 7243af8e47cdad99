// Opens pages in a real Chromium as readers have them, and prints what axe-core and the layout say: JSON, a line a view.
import { createRequire } from "node:module";

const [install, chromium, ...pages] = process.argv.slice(2);
const require = createRequire(`${install}/package.json`);
const { chromium: engine } = require("playwright-core");
const axe = require.resolve("axe-core/axe.min.js");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const VIEWS = [
  { name: "1280 light", width: 1280, colorScheme: "light" },
  { name: "1280 dark", width: 1280, colorScheme: "dark" },
  { name: "800 light", width: 800, colorScheme: "light" },
  { name: "320 light", width: 320, colorScheme: "light" },
  { name: "320 dark", width: 320, colorScheme: "dark" },
  { name: "1280 forced colours", width: 1280, colorScheme: "light", forcedColors: "active" },
  { name: "print", width: 794, colorScheme: "light", media: "print" },
];

const browser = await engine.launch({ executablePath: chromium, args: ["--no-sandbox"] });
for (const page of pages) {
  for (const view of VIEWS) {
    const { name, width, media, ...scheme } = view;
    // What the tool itself puts into the page is not the page's own script.
    const context = await browser.newContext({ viewport: { width, height: 900 }, bypassCSP: true, ...scheme });
    const asked = [];
    const tab = await context.newPage();
    tab.on("request", (request) => asked.push(request.url()));
    await tab.goto(`file://${page}`);
    if (media) await tab.emulateMedia({ media });
    const asking = asked.filter((url) => url !== `file://${page}`);
    await tab.addScriptTag({ path: axe });
    const told = await tab.evaluate((values) => axe.run(document, { runOnly: { type: "tag", values } }), TAGS);
    const wide = await tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    const violations = told.violations.map((one) => ({
      rule: one.id,
      where: one.nodes.slice(0, 3).map((node) => `${node.target.join(" ")}: ${node.failureSummary}`),
    }));
    const passes = told.passes.length;
    console.log(JSON.stringify({ page: page.split("/").pop(), view: name, passes, violations, wide, asking }));
    await context.close();
  }
}
await browser.close();
