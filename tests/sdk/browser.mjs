// Segment's library for browsers on a page of another origin, in a headless Chromium: each kind of call, once.
// usage: node browser.mjs HOST KEY
import { createRequire } from "node:module";
import fs from "node:fs";
import http from "node:http";
const require = createRequire(process.env.SDK_FOLDER + "/");
const { chromium } = require("playwright-core");

const [host, writeKey] = process.argv.slice(2);
const library = `${process.env.SDK_FOLDER}/node_modules/@segment/analytics-next/dist/umd`;
const page = `<!DOCTYPE html><meta charset="utf-8"><title>A page</title><script src="/index.js"></script>`;
const site = http.createServer((request, response) => {
  const file = `${library}${request.url.split("?")[0]}`;
  const found = request.url !== "/" && fs.existsSync(file);
  response.writeHead(200, { "Content-Type": found ? "text/javascript" : "text/html" });
  response.end(found ? fs.readFileSync(file) : page);
});
await new Promise((done) => site.listen(0, "127.0.0.1", done));

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const tab = await browser.newPage();
const errors = [];
let answered = 0;
const all = new Promise((done) => {
  tab.on("response", (response) => {
    answered += response.request().method() === "POST" && response.status() === 200;
    if (answered === 6) done();
  });
});
tab.on("pageerror", (error) => errors.push(String(error)));
await tab.goto(`http://127.0.0.1:${site.address().port}/`);
await tab.evaluate(async ([cdnURL, key]) => {
  const { AnalyticsBrowser } = window.AnalyticsNext;
  const analytics = AnalyticsBrowser.load({ writeKey: key, cdnURL });
  analytics.setAnonymousId("browser-anonymous");
  await analytics.identify("browser-user", { plan: "gold" });
  await analytics.track("Paid", { price: 12.5 }, { timestamp: new Date("2020-01-01T00:00:00.000Z") });
  await analytics.page("shop", "Home");
  await analytics.screen("Main");
  await analytics.group("browser-group");
  await analytics.alias("browser-user", "browser-before");
  window.analytics = analytics;
}, [host, writeKey]);
await all;
await browser.close();
site.close();
if (errors.length > 0) {
  console.error(errors);
  process.exit(1);
}
