// open.mjs NETRON_FOLDER FILE: reads FILE with Netron's own parsers, without a window, and prints what they see: how many
// nodes of each type (sorted), and how many edges lead into them. Text goes the way that a file dropped on Netron's window
// goes; an .air file, which Netron shows only inside an offline model, through the message decoder that it has for those.
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, file] = process.argv.slice(2).map((path) => resolve(path));
const part = (name) => import(pathToFileURL(join(folder, `${name.replace('./', '')}.js`)));
const bytes = await readFile(file);

async function nodesOfText() {
    globalThis.window ??= { addEventListener() {} }; // what the view expects of a browser
    const [view, base] = [await part('view'), await part('base')];
    const fail = (error) => { throw error; };
    const host = {
        version: '0',
        document: null,
        window: globalThis.window,
        environment: () => null,
        require: part,
        async request(name, encoding) {
            const content = await readFile(join(folder, name));
            return encoding ? content.toString(encoding) : new base.BinaryStream(content);
        },
        exception: fail,
        event() {}
    };
    const context = {
        host,
        identifier: basename(file),
        entries: new Map(),
        get stream() { return new base.BinaryStream(bytes); },
        request: (name, encoding) => host.request(name, encoding),
        require: part,
        metadata: async () => null,
        error: fail
    };
    const model = await new view.ModelFactoryService(host).open(context);
    if (model.format !== 'TensorFlow Graph') throw new Error(`Netron takes it for ${model.format}.`);
    const edges = (node) => node.inputs.reduce((sum, argument) => sum + argument.value.length, 0);
    return (model.modules ?? model.graphs)[0].nodes.map((node) => [node.type.name, edges(node)]);
}

async function nodesOfModel() {
    const [protobuf, schema] = [await part('protobuf'), await part('om-proto')];
    const model = schema.ge.proto.ModelDef.decode(protobuf.BinaryReader.open(new Uint8Array(bytes)));
    const isInput = (op) => op.type === 'Data' || op.type === 'RefData'; // they have an edge from nowhere
    const edges = (op) => (isInput(op) ? 0 : op.input.filter((edge) => !edge.endsWith(':-1')).length);
    return model.graph[0].op.map((op) => [op.type, edges(op)]);
}

const types = new Map();
let edges = 0;
for (const [type, count] of await (file.endsWith('.air') ? nodesOfModel() : nodesOfText())) {
    types.set(type, (types.get(type) ?? 0) + 1);
    edges += count;
}
for (const type of [...types.keys()].sort()) console.log(`${type} ${types.get(type)}`);
console.log(`edges ${edges}`);
