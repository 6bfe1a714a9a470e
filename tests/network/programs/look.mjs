// Opens a page in a browser, light and dark, wide and narrow: what axe finds, whether it scrolls sideways, and what each
// of its choices shows.
import fs from 'node:fs';
import { createRequire } from 'node:module';

const [folder, browser, page] = process.argv.slice(2);
const require = createRequire(`${folder}/`);
const puppeteer = require('puppeteer-core');
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const looks = [];
const running = await puppeteer.launch({ executablePath: browser, args: ['--no-sandbox'] });
try {
  for (const scheme of ['light', 'dark']) {
    for (const width of [1280, 420]) {
      const tab = await running.newPage();
      const refused = [];
      tab.on('console', (message) => refused.push(message.text()));
      await tab.setViewport({ width, height: 900 });
      await tab.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      await tab.goto(`file://${page}`);
      const styled = await tab.evaluate(() => getComputedStyle(document.querySelector('main')).maxWidth !== 'none');
      const aside = await tab.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
      await tab.evaluate(() => document.querySelectorAll('details').forEach((one) => (one.open = true)));
      const filtered = {};
      for (const id of await tab.$$eval('input[type=radio]', (all) => all.map((one) => one.id))) {
        await tab.click(`#${id}`);
        filtered[id] = await tab.$$eval('details[id]', (all) => all.filter((one) => one.checkVisibility()).map((one) => one.id));
        await tab.click(`#${id.split('-')[0]}-all`);
      }
      await tab.setBypassCSP(true);
      await tab.reload();
      await tab.evaluate(axe);
      const violations = await tab.evaluate(async () => (await window.axe.run()).violations.map((one) => one.id));
      looks.push({ scheme, width, styled, aside, refused, filtered, violations });
    }
  }
} finally {
  await running.close();
}
console.log(JSON.stringify(looks));
