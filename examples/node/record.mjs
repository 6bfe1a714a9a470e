// The same session, recorded with nock into the file that is named: node record.mjs FILE
// Without the headers of the requests nothing would tell which version of the API was asked for.
import { writeFileSync } from "node:fs";
import nock from "nock";

nock.recorder.rec({ dont_print: true, output_objects: true, enable_reqheaders_recording: true });
const { session } = await import("./session.mjs");
console.log(JSON.stringify(await session()));

const recorded = nock.recorder.play();
for (const entry of recorded) delete entry.reqheaders.authorization;
writeFileSync(process.argv[2], JSON.stringify(recorded, null, 2));
