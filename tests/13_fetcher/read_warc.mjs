// Reads archives with a reader that is not ours (npm's warcio), and compares each answer's
// payload with the digest that its record has.
//
//   node read_warc.mjs FOLDER_OF_WARCIO FILE...     prints how many answers there are

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, ...files] = process.argv.slice(2);
const { WARCParser } = await import(pathToFileURL(`${folder}/dist/index.js`));

let answers = 0;
for (const file of files) {
  const parser = new WARCParser(createReadStream(file));
  const kinds = [];
  for await (const record of parser) {
    kinds.push(record.warcType);
    const payload = await record.readFully(true); // without chunks
    if (record.warcType !== "response") continue;
    ++answers;
    // This reader takes the trailers behind the last chunk for a part of the payload.
    const size = payload?.length ?? 0;
    const end = Buffer.from(payload?.slice(-40) ?? "").toString("latin1");
    const trailers = /X-Body-Size: \d+\r\n\r\n$/.exec(end)?.[0].length ?? 0;
    const body = payload?.slice(0, size - trailers) ?? "";
    const digest = "sha256:" + createHash("sha256").update(body).digest("hex");
    const said = record.warcHeaders.headers.get("WARC-Payload-Digest");
    if (digest !== said)
      throw new Error(`${record.warcTargetURI}: ${digest}, and the record says ${said}`);
    if (record.httpHeaders === null) throw new Error("an answer without a header");
  }
  if (kinds[0] !== "warcinfo") throw new Error(`${file} begins with ${kinds[0]}`);
  if (kinds.filter((k) => k === "request").length * 2 + 1 !== kinds.length)
    throw new Error(`${file}: an answer for each request, and one record more`);
}
console.log(answers);
