#!/usr/bin/env node
// Writes tests/unit/gpt2_ids.h: the ids that the npm package gpt-3-encoder gives for texts that are hard to cut.
//
//     npm pack gpt-3-encoder@1.1.4 && tar xzf gpt-3-encoder-1.1.4.tgz
//     node tests/judge/gpt2_ids.js package > tests/unit/gpt2_ids.h
//
// The package is no dependency of the tests; so the ids are kept. No text has U+0085 or U+FEFF: JavaScript's \s is not
// GPT-2's there.
const fs = require('fs')
const path = require('path')
const folder = path.resolve(process.argv[2])
const { encode } = require(folder)
const { version } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json')))

const texts = [
  'Hello, world!',
  "I'm sure they've said we'll see it's John's; I'd say he can't, you're right.",
  "I'M SURE THEY'VE; 'tis 'twas rock'n'roll ''s '' 'S",
  'don\u2019t \u201cquote\u201d \u2018it\u2019s\u2019',
  ' one leading', '  two leading', '   three   between   words', 'trailing   ', ' ', '    ', '\n', '\n\n\n', '\t\ttab\tand  \t mixed',
  'line one\nline two\r\nline three\n\n  indented\n \n\tend\n',
  'for (int i = 0; i < 10; ++i) {\n    sum += a[i] * b[i];  // a comment\n}\n',
  '0 1 12 123 1234 12345 3.14159 1,000,000 0x1F 1e-9 42nd x86_64',
  '\u0661\u0662\u0663 \u0967\u0968 \u00bd \u2167 \u00b2 \u2460',
  'na\u00efve caf\u00e9 \u00dcber \u00df\u1e9e \u0141\u00f3d\u017a e\u0301 \u00f1',
  '\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440!', '\u4f60\u597d\uff0c\u4e16\u754c\u3002\u65e5\u672c\u8a9e \u304b\u306a \ud55c\uad6d\uc5b4', '\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 \u0928\u092e\u0938\u094d\u0924\u0947',
  '\u{1f600} \u{1f468}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466} \u{1f1e9}\u{1f1ea}\u{1f44d}\u{1f3fd} \u2764\ufe0f',
  '\u{1d4d0}\u{1d7d8} \u{10ffff} \ud7ff\ue000',
  'a\u00a0b\u2003c\u3000d \u2028 \u2029 e\u202ff\u200bg\u180eh  \u180e  i', 'x \u00a0\u00a0 y', '\u000b\u000c \u001c\u001f\u0000\u0001 nul',
  '<|endoftext|> is text', '[[{{((<<>>))}}]] !!! ??? ... --- *** ___ ### $$$ %%% ^^^ &&& ~~~ ``` \\\\\\ ///',
  '",","\',\',\', ,,, ,",," \',\' ",\'"', 'https://example.org/a/b?c=d&e=%20f#g', 'snake_case camelCase SCREAMING_CASE kebab-case a.b.c',
  'antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis', 'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz', ' '.repeat(50) + 'x' + ' '.repeat(33),
  'constructor __proto__ toString hasOwnProperty', '--------------------------------------------------------------------------------',
  'The quick brown fox jumps over the lazy dog. 1 + 1 = 2; E = mc\u00b2.',
]

// The bytes of a text as a C++ literal; octal, because a hexadecimal escape takes every digit behind it.
const literal = text => '"' + Array.from(Buffer.from(text)).map(byte => {
  const letter = String.fromCharCode(byte)
  if (letter === '"' || letter === '\\') return '\\' + letter
  return byte >= 0x20 && byte < 0x7f && letter !== '?' ? letter : '\\' + byte.toString(8).padStart(3, '0')
}).join('') + '"'

console.log(`#pragma once
// Written by tests/judge/gpt2_ids.js with the npm package gpt-3-encoder ${version}; not by hand.
#include <cstdint>
#include <string>
#include <vector>

namespace weft::test {

struct Gpt2Ids {
  std::string text;
  std::vector<std::int32_t> ids;
};

// clang-format off
inline const std::vector<Gpt2Ids> gpt2_ids{`)
for (const text of texts) {
  const length = Buffer.from(text).length
  console.log(`    {std::string(${literal(text)}, ${length}),\n     {${encode(text).join(', ')}}},`)
}
console.log(`};
// clang-format on

}  // namespace weft::test`)
