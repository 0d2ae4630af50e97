#!/usr/bin/python3
"""validate.py SCHEMA EVENTS: whether every line of EVENTS is valid, and whether the schema would notice if it were not."""
import copy
import json
import sys

from jsonschema import Draft202012Validator, FormatChecker

with open(sys.argv[1]) as file:
    schema = json.load(file)
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema, format_checker=FormatChecker())


def problems(event):
    """What is wrong with an event, as the definition that its schemaURL names says: oneOf itself says little."""
    name = event.get('schemaURL', '').rpartition('/')[2]
    if not validator.is_valid(event):
        inner = Draft202012Validator({**schema, 'oneOf': [{'$ref': '#/$defs/' + name}]}, format_checker=FormatChecker())
        return [f'{list(e.absolute_path)}: {e.message[:200]}' for top in inner.iter_errors(event) for e in (top.context or [top])] or ['oneOf']
    return []


def broken(event):
    """The event, each time with one required thing less or wrong."""
    def without(path):
        copied = copy.deepcopy(event)
        at = copied
        for key in path[:-1]:
            at = at[key]
        del at[path[-1]]
        return copied
    yield without(['eventTime'])
    yield without(['producer'])
    yield without(['schemaURL'])
    yield {**event, 'eventTime': '2026-11-20 10:15:30+00'}
    if 'run' in event:
        yield without(['run', 'runId'])
        yield without(['job', 'name'])
        yield {**event, 'eventType': 'DONE'}
    for side in ('inputs', 'outputs'):
        if event.get(side):
            yield without([side, 0, 'namespace'])
            for facet in event[side][0]['facets']:
                yield without([side, 0, 'facets', facet, '_producer'])
            if 'columnLineage' in event[side][0]['facets']:
                yield without([side, 0, 'facets', 'columnLineage', 'fields'])


failed = 0
with open(sys.argv[2]) as file:
    for number, line in enumerate(file, 1):
        event = json.loads(line)
        for problem in problems(event):
            print(f'event {number}: {problem}')
            failed = 1
        for variant in broken(event):
            if validator.is_valid(variant):
                print(f'event {number}: the schema does not notice what is wrong in {json.dumps(variant)[:300]}')
                failed = 1
sys.exit(failed)
