// Segment's library for Node: each kind of call, once. usage: node node.mjs HOST KEY
import { createRequire } from "node:module";
const require = createRequire(process.env.SDK_FOLDER + "/");
const { Analytics } = require("@segment/analytics-node");

const [host, writeKey] = process.argv.slice(2);
const analytics = new Analytics({ host, writeKey, path: "/v1/batch", flushAt: 6, maxRetries: 3 });
const failed = [];
analytics.on("error", (error) => failed.push(error));
const timestamp = new Date("2020-01-01T00:00:00.000Z");
analytics.identify({ userId: "node-user", anonymousId: "node-anonymous", traits: { plan: "gold" } });
analytics.track({ userId: "node-user", event: "Paid", properties: { price: 12.5 }, timestamp });
analytics.page({ userId: "node-user", name: "Home", properties: { path: "/" } });
analytics.screen({ userId: "node-user", name: "Main" });
analytics.group({ userId: "node-user", groupId: "node-group" });
analytics.alias({ userId: "node-user", previousId: "node-before" });
await analytics.closeAndFlush();
if (failed.length > 0) {
  console.error(failed);
  process.exit(1);
}
