#!/usr/bin/env python3
"""Writes src/protocol/messages/ and src/protocol/api_keys.h from the JSON message schemas inside Kafka's jars.

  tools/protocol_gen.py --jar kafka-clients.jar --jar kafka-group-coordinator.jar …           writes
  tools/protocol_gen.py --jar kafka-clients.jar --jar kafka-group-coordinator.jar … --check   compares, exit 1 when stale

The list of messages is tools/protocol_messages.txt. Neither the schemas nor their texts are kept: only names, types, versions,
tags and defaults, which are the wire format itself. Stable output: the same jars give the same bytes.
"""

import argparse
import json
import pathlib
import re
import sys
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIST = ROOT / "tools/protocol_messages.txt"
OUT = ROOT / "src/protocol/messages"
API_KEYS = ROOT / "src/protocol/api_keys.h"

FOREVER = 32767
SCALARS = {
    "bool": "bool", "int8": "std::int8_t", "int16": "std::int16_t", "uint16": "std::uint16_t", "int32": "std::int32_t",
    "int64": "std::int64_t", "float64": "double", "string": "std::string", "bytes": "Bytes", "uuid": "Uuid", "records": "Records",
}
KEYWORDS = {"default", "operator", "private", "public", "register", "new", "delete", "class", "struct", "union", "namespace"}


def snake(name):
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()
    return name + "_" if name in KEYWORDS else name


def versions(text):
    """(first, last) or None."""
    if text is None or text == "none":
        return None
    if text.endswith("+"):
        return int(text[:-1]), FOREVER
    first, _, last = text.partition("-")
    return int(first), int(last or first)


def overlap(a, b):
    if a is None or b is None:
        return None
    both = max(a[0], b[0]), min(a[1], b[1])
    return both if both[0] <= both[1] else None


class Field:
    def __init__(self, spec, valid):
        self.name = spec["name"]
        self.member = snake(self.name)
        self.versions = overlap(versions(spec.get("versions", spec.get("taggedVersions"))), valid)
        self.nullable = overlap(versions(spec.get("nullableVersions")), valid)
        tagged = versions(spec.get("taggedVersions"))
        self.tag = spec["tag"] if tagged else None
        if tagged and self.versions and overlap(tagged, valid) != self.versions:
            raise SystemExit(f"{self.name}: tagged in some versions only, which the tables cannot say")
        self.type = spec["type"]
        self.array = self.type.startswith("[]")
        self.element = self.type.removeprefix("[]")
        self.default = "null" if spec.get("default", "") is None else spec.get("default")  # some schemas write null, some "null"
        self.never_compact = spec.get("flexibleVersions") == "none"
        self.fields = spec.get("fields")

    def cpp_type(self):
        inner = SCALARS.get(self.element, self.element)
        if self.element == "int16" and self.name == "ErrorCode":
            inner = "ErrorCode"
        if self.array:
            inner = f"std::vector<{inner}>"
        if self.nullable and self.element != "records" or (self.nullable and self.array):
            inner = f"std::optional<{inner}>"
        return inner

    def initializer(self):
        kind = self.cpp_type()
        if kind == "ErrorCode":
            return " = ErrorCode::kNone"
        if kind.startswith("std::vector") or self.element == "records" or kind in ("Uuid", "Bytes"):
            return ""
        if kind.startswith("std::optional"):
            if self.default == "null":
                return ""
            held = kind.removeprefix("std::optional<")[:-1]
            return f"{{{held}{{{json.dumps(self.default) if self.default else ''}}}}}"
        if self.array or self.element not in SCALARS:
            return ""
        if kind == "std::string":
            return f"{{{json.dumps(self.default)}}}" if self.default else ""
        if kind == "bool":
            return f" = {str(self.default or 'false').lower()}"
        if kind == "double":
            return f" = {float(self.default or 0)}"
        value = int(str(self.default or 0), 0)
        if value == -2**31:
            return " = std::numeric_limits<std::int32_t>::min()"
        if value == 2**63 - 1:
            return " = std::numeric_limits<std::int64_t>::max()"
        return f" = {value}"


class Message:
    def __init__(self, spec):
        self.name = spec["name"]
        self.key = spec.get("apiKey")
        self.kind = spec["type"]
        self.valid = versions(spec["validVersions"])
        flexible = versions(spec.get("flexibleVersions", "none"))
        self.flexible = flexible[0] if flexible else None
        self.unstable = spec.get("latestVersionUnstable", False)
        self.structs = []  # (name, fields), inner ones first
        self.common = {s["name"]: s["fields"] for s in spec.get("commonStructs", [])}
        self.fields = self.read_fields(spec["fields"])

    def read_fields(self, specs):
        fields = [Field(s, self.valid) for s in specs]
        fields = [f for f in fields if f.versions]
        for field in fields:
            inner = field.fields or (self.common.get(field.element) if field.element not in SCALARS else None)
            if inner is not None and field.element not in [name for name, _ in self.structs]:
                self.structs.append((field.element, self.read_fields(inner)))
            elif field.element not in SCALARS and inner is None and field.element not in [n for n, _ in self.structs]:
                raise SystemExit(f"{self.name}.{field.name}: unknown type {field.type}")
        return fields


def members(fields):
    return [f"  {f.cpp_type()} {f.member}{f.initializer()};" for f in fields]


def rows(fields):
    ordered = [f for f in fields if f.tag is None] + sorted((f for f in fields if f.tag is not None), key=lambda f: f.tag)
    out = []
    for f in ordered:
        rules = []
        if f.versions[0] != 0:
            rules.append(f".since = {f.versions[0]}")
        if f.versions[1] != FOREVER:
            rules.append(f".until = {f.versions[1]}")
        if f.nullable:
            rules.append(f".nullable_since = {f.nullable[0]}")
            if f.nullable[1] != FOREVER:
                rules.append(f".nullable_until = {f.nullable[1]}")
        if f.tag is not None:
            rules.append(f".tag = {f.tag}")
        if f.never_compact:
            rules.append(".never_compact = true")
        place = f'      {{"{f.name}", offsetof(S, {f.member}),'
        what = f"kShape<decltype(S::{f.member})>, {{{', '.join(rules)}}}}},"
        out += [f"{place} {what}"] if len(place + what) < 115 else [place, f"       {what}"]
    return out


def clip(message):
    """Drops bounds that the message's own version range implies."""
    low, high = message.valid
    for _, fields in message.structs + [(message.name, message.fields)]:
        for f in fields:
            f.versions = (0 if f.versions[0] <= low else f.versions[0], FOREVER if f.versions[1] >= high else f.versions[1])
            if f.nullable:
                f.nullable = (0 if f.nullable[0] <= low else f.nullable[0], FOREVER if f.nullable[1] >= high else f.nullable[1])


NOTE = "// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.\n"


def header(messages):
    used = "\n".join(line for m in messages for _, fields in m.structs + [(m.name, m.fields)] for line in members(fields))
    system = ["<cstdint>"]
    if "numeric_limits" in used:
        system.append("<limits>")
    if "std::optional" in used:
        system.append("<optional>")
    if "std::string" in used:
        system.append("<string>")
    if "std::vector" in used:
        system.append("<vector>")
    local = []
    if "Uuid" in used:
        local.append('"base/uuid.h"')
    if "ErrorCode" in used:
        local.append('"protocol/errors.h"')
    local.append('"protocol/records.h"' if "Records" in used or "Bytes" in used else '"base/types.h"')
    out = ["#pragma once", NOTE.rstrip(), ""]
    out += [f"#include {h}" for h in system] + [""] + [f"#include {h}" for h in sorted(local)]
    out += ["", "namespace takhin::protocol {", "", "struct Table;"]
    for m in messages:
        if m.structs:
            out += ["", f"namespace {snake(m.name)} {{", ""]
            for name, fields in m.structs:
                out += [f"struct {name} {{"] + members(fields) + ["", "  static const Table& table();", "};"]
            out += ["", f"}}  // namespace {snake(m.name)}"]
        out += ["", f"struct {m.name} {{"]
        if m.key is not None and m.kind in ("request", "response"):
            out.append(f"  static constexpr std::int16_t kApiKey = {m.key};")
        out.append(f"  static constexpr std::int16_t kVersionMin = {m.valid[0]};")
        out.append(f"  static constexpr std::int16_t kVersionMax = {m.valid[1]};")
        if m.flexible is not None:
            out.append(f"  static constexpr std::int16_t kFlexibleSince = {m.flexible};")
        out += [f"  using {name} = {snake(m.name)}::{name};" for name, _ in m.structs]
        out += [""] + members(m.fields) + ["", "  static const Table& table();", "};"]
    return "\n".join(out + ["", "}  // namespace takhin::protocol", ""])


def table(m, name, fields):
    scope = "" if name == m.name else f"{snake(m.name)}::"
    flexible = m.flexible if m.flexible is not None else "kNever"
    out = [f"const Table& {scope}{name}::table() {{", f"  using S = {name};"]
    if fields:
        out += ["  static constexpr Row rows[] = {"] + rows(fields) + ["  };"]
    out += [f'  static constexpr Table table{{"{name}", {"rows" if fields else "{}"}, {m.valid[0]}, {m.valid[1]}, {flexible},',
            f"                               &prototype_of<S>, &make_one<S>}};", "  return table;", "}", ""]
    return out


def source(stem, messages):
    out = [NOTE.rstrip(), "", f'#include "protocol/messages/{stem}.h"', "", "#include <cstddef>", "",
           '#include "protocol/table.h"', "", "namespace takhin::protocol {", ""]
    for m in messages:
        for name, fields in m.structs + [(m.name, m.fields)]:
            out += table(m, name, fields)
    return "\n".join(out + ["}  // namespace takhin::protocol", ""])


def api_keys(schemas):
    keys = sorted((s["apiKey"], s["name"].removesuffix("Request")) for s in schemas.values() if s["type"] == "request")
    out = ["#pragma once", NOTE.rstrip(), "", "#include <cstdint>", "", "namespace takhin::protocol {", "",
           "/// Every API that Kafka has, served here or not.", "enum class ApiKey : std::int16_t {"]
    out += [f"  k{name} = {key}," for key, name in keys]
    return "\n".join(out + ["};", "", "}  // namespace takhin::protocol", ""])


def api_table(apis):
    out = [NOTE.rstrip(), "", '#include "protocol/api.h"', ""]
    out += [f'#include "protocol/messages/{snake(name)}.h"' for name, _, _ in sorted(apis)]
    out += ["", "namespace takhin::protocol {", "namespace {", "", "const ApiInfo kRows[] = {"]
    for name, request, _ in sorted(apis, key=lambda a: a[1].key):
        stable = request.valid[1] - (1 if request.unstable else 0)
        flexible = request.flexible if request.flexible is not None else "kNeverFlexible"
        out += [f'    {{ApiKey::k{name}, "{name}", {request.valid[0]}, {request.valid[1]}, {stable}, {flexible},',
                f"     &{name}Request::table(), &{name}Response::table()}},"]
    return "\n".join(out + ["};", "", "}  // namespace", "", "std::span<const ApiInfo> apis() { return kRows; }", "",
                            "}  // namespace takhin::protocol", ""])


def read_jars(jars):
    schemas = {}
    for jar in jars:
        with zipfile.ZipFile(jar) as archive:
            for entry in archive.namelist():
                if re.fullmatch(r"common/message/\w+\.json", entry):
                    text = re.sub(r"^\s*//.*$", "", archive.read(entry).decode(), flags=re.M)
                    spec = json.loads(text)
                    if isinstance(spec, dict) and "validVersions" in spec:
                        schemas[spec["name"]] = spec
    return schemas


def generate(schemas):
    files, apis = {API_KEYS: api_keys(schemas)}, []
    for line in LIST.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        kind, name = line.split()
        messages = [Message(schemas[n]) for n in ([name + "Request", name + "Response"] if kind == "api" else [name])]
        for message in messages:
            clip(message)
        if kind == "api":
            apis.append((name, *messages))
        files[OUT / f"{snake(name)}.h"] = header(messages)
        files[OUT / f"{snake(name)}.cc"] = source(snake(name), messages)
    files[OUT / "apis.cc"] = api_table(apis)
    return files


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jar", action="append", required=True)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    files = generate(read_jars(args.jar))
    present = {p for p in OUT.glob("*") if p.suffix in (".h", ".cc")} | ({API_KEYS} if API_KEYS.exists() else set())
    stale = sorted([p for p in files if not p.exists() or p.read_text() != files[p]] + [p for p in present if p not in files])
    if args.check:
        for path in stale:
            print(f"stale: {path.relative_to(ROOT)}")
        print(f"{len(files)} files checked, {len(stale)} stale")
        return 1 if stale else 0
    OUT.mkdir(exist_ok=True)
    for path in stale:
        if path in files:
            path.write_text(files[path])
        else:
            path.unlink()
    print(f"{len(files)} files, {len(stale)} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
