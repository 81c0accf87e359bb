"""Built-in functions on lists and contexts (DMN 1.5, 10.3.4.4, 10.3.4.9, 10.3.4.10)."""

from __future__ import annotations

from decimal import Decimal
from functools import cmp_to_key
from itertools import chain

from decisions.feel.nodes import deeper
from decisions.feel.signatures import Call, Library, Unfit
from decisions.feel.values import (
    MAX_LIST,
    MAX_NESTING,
    NUMBERS,
    Function,
    State,
    Stop,
    Value,
    compare,
    equal,
    key_of,
)

LIBRARY = Library()
add = LIBRARY.add
_MANY = ("list:list", "*values:any")


def _listed(values: tuple[Value, ...]) -> list[Value]:
    """One list given, or the values themselves."""
    return values[0] if len(values) == 1 and type(values[0]) is list else list(values)


def _numbers(values: tuple[Value, ...], least: int = 1) -> list[Decimal]:
    found = _listed(values)
    if any(type(value) is not Decimal for value in found):
        raise Unfit("every value must be a number.")
    if len(found) < least:
        raise Unfit("there are too few numbers.")
    return found


@add("count", "list:list")
def _count(state: State, items: list[Value]) -> Decimal:
    return Decimal(len(items))


def _extreme(sign: int) -> Call:
    def extreme(state: State, *values: Value) -> Value:
        items = _listed(values)
        if not items:
            raise Unfit("there is no value.")
        best = items[0]
        for item in items:
            order = compare(item, best)
            if order is None:
                raise Unfit("the values cannot all be compared.")
            best = item if order * sign > 0 else best
        return best

    return extreme


add("min", *_MANY)(_extreme(-1))
add("max", *_MANY)(_extreme(1))


def _total(numbers: list[Decimal]) -> Decimal:
    total = Decimal(0)
    for number in numbers:
        total = NUMBERS.add(total, number)
    return total


@add("sum", *_MANY)
def _sum(state: State, *values: Value) -> Decimal:
    return _total(_numbers(values))


@add("product", *_MANY)
def _product(state: State, *values: Value) -> Decimal:
    product = Decimal(1)
    for number in _numbers(values):
        product = NUMBERS.multiply(product, number)
    return product


@add("mean", *_MANY)
def _mean(state: State, *values: Value) -> Decimal:
    numbers = _numbers(values)
    return NUMBERS.divide(_total(numbers), Decimal(len(numbers)))


@add("median", *_MANY)
def _median(state: State, *values: Value) -> Decimal:
    numbers = sorted(_numbers(values))
    middle = len(numbers) // 2
    if len(numbers) % 2:
        return numbers[middle]
    return NUMBERS.divide(NUMBERS.add(numbers[middle - 1], numbers[middle]), Decimal(2))


@add("stddev", *_MANY)
def _stddev(state: State, *values: Value) -> Decimal:
    numbers = _numbers(values, least=2)
    mean = NUMBERS.divide(_total(numbers), Decimal(len(numbers)))
    squares = [NUMBERS.power(NUMBERS.subtract(number, mean), 2) for number in numbers]
    return NUMBERS.sqrt(NUMBERS.divide(_total(squares), Decimal(len(numbers) - 1)))


@add("mode", *_MANY)
def _mode(state: State, *values: Value) -> list[Value]:
    numbers = _numbers(values, least=0)
    counts: dict[Decimal, int] = {}
    for number in numbers:
        counts[number] = counts.get(number, 0) + 1
    most = max(counts.values(), default=0)
    return sorted(number for number, count in counts.items() if count == most)


def _quantify(deciding: bool) -> Call:
    def quantify(state: State, *values: Value) -> Value:
        items = _listed(values)
        if any(item is deciding for item in items):
            return deciding
        if any(type(item) is not bool for item in items):
            raise Unfit("every value must be true or false.")
        return not deciding

    return quantify


add("all", *_MANY)(_quantify(False))
add("any", *_MANY)(_quantify(True))


@add("list contains", "list:list, element:any")
def _list_contains(state: State, items: list[Value], wanted: Value) -> bool:
    return any(equal(item, wanted, state) is True for item in items)


@add("index of", "list:list, match:any")
def _index_of(state: State, items: list[Value], match: Value) -> list[Value]:
    return [Decimal(index) for index, item in enumerate(items, 1) if equal(item, match, state) is True]


@add("sublist", "list:list, start position:number, length?:number")
def _sublist(state: State, items: list[Value], start: Decimal, length: Decimal | None = None) -> list[Value]:
    first = _index(items, start)
    if length is None:
        return items[first:]
    if length < 1 or first + length > len(items):
        raise Unfit("the length reaches beyond the list.")
    return items[first : first + int(length)]


def _index(items: list[Value], position: Decimal, *, beyond: int = 0) -> int:
    if position != position.to_integral_value() or not 1 <= abs(position) <= len(items) + beyond:
        raise Unfit("the position lies outside the list.")
    return int(position) - 1 if position > 0 else len(items) + int(position)


@add("append", "list:list, *item:any")
def _append(state: State, items: list[Value], *more: Value) -> list[Value]:
    return [*items, *more]


@add("concatenate", "*list:list")
def _concatenate(state: State, *lists: list[Value]) -> list[Value]:
    if sum(map(len, lists)) > MAX_LIST:
        raise Stop(f"A list grew beyond {MAX_LIST} items.")
    return list(chain.from_iterable(lists))


@add("union", "*list:list")
def _union(state: State, *lists: list[Value]) -> list[Value]:
    together: list[Value] = _concatenate(state, *lists)
    distinct: list[Value] = _distinct(state, together)
    return distinct


@add("distinct values", "list:list")
def _distinct(state: State, items: list[Value]) -> list[Value]:
    first: dict[object, Value] = {}
    for item in items:
        first.setdefault(key_of(item, state), item)
    return list(first.values())


@add("insert before", "list:list, position:number, newItem:any")
def _insert_before(state: State, items: list[Value], position: Decimal, item: Value) -> list[Value]:
    index = _index(items, position)
    return [*items[:index], item, *items[index:]]


@add("remove", "list:list, position:number")
def _remove(state: State, items: list[Value], position: Decimal) -> list[Value]:
    index = _index(items, position)
    return items[:index] + items[index + 1 :]


@add("reverse", "list:list")
def _reverse(state: State, items: list[Value]) -> list[Value]:
    return items[::-1]


@add("flatten", "list:list")
def _flatten(state: State, items: list[Value]) -> list[Value]:
    flat: list[Value] = []
    _pour(items, flat, state, 0)
    return flat


def _pour(items: list[Value], flat: list[Value], state: State, depth: int) -> None:
    if depth > MAX_NESTING:
        raise Stop("A list is nested too deeply.", "depth")
    for item in items:
        state.tick()
        if type(item) is list:
            _pour(item, flat, state, depth + 1)
        else:
            flat.append(item)


@add("list replace", "list:list, position:number, newItem:any")
def _replace_at(state: State, items: list[Value], position: Decimal, item: Value) -> list[Value]:
    index = _index(items, Decimal(int(position)))
    return [*items[:index], item, *items[index + 1 :]]


@add("list replace", "list:list, match:function, newItem:any")
def _replace_matching(state: State, items: list[Value], match: Function, item: Value) -> list[Value]:
    replaced: list[Value] = []
    for old in items:
        found = match.call(state, [old, item], {})
        if type(found) is not bool:
            raise Unfit("the match function must answer true or false.")
        replaced.append(item if found else old)
    return replaced


@add("sort", "list:list, precedes?:function")
def _sort(state: State, items: list[Value], precedes: Function | None = None) -> list[Value]:
    def by_function(a: Value, b: Value) -> int:
        if precedes is None:
            return by_value(a, b)
        return -1 if told(precedes, a, b) else int(told(precedes, b, a))

    def told(function: Function, a: Value, b: Value) -> bool:
        found = function.call(state, [a, b], {})
        if type(found) is not bool:
            raise Unfit("the function that orders must answer true or false for all values.")
        return found

    def by_value(a: Value, b: Value) -> int:
        state.tick()
        order = compare(a, b)
        if order is None:
            raise Unfit("the values cannot all be compared.")
        return order

    with deeper(state, 5):
        return sorted(items, key=cmp_to_key(by_function))


# --- contexts


@add("get value", "m:context, key:string")
def _get_value(state: State, context: dict[str, Value], key: str) -> Value:
    if key not in context:
        raise Unfit("there is no entry of that name.")
    return context[key]


@add("get value", "m:context, key:list")
def _get_deep_value(state: State, context: dict[str, Value], keys: list[Value]) -> Value:
    found: Value = context
    for key in keys:
        if type(found) is not dict or type(key) is not str or key not in found:
            raise Unfit("the keys do not lead to an entry.")
        found = found[key]
    if not keys:
        raise Unfit("there is no key.")
    return found


@add("get entries", "m:context")
def _get_entries(state: State, context: dict[str, Value]) -> list[Value]:
    return [{"key": key, "value": value} for key, value in context.items()]


@add("context", "entries:list")
def _context(state: State, entries: list[Value]) -> dict[str, Value]:
    made: dict[str, Value] = {}
    for entry in entries:
        if type(entry) is not dict or type(entry.get("key")) is not str or "value" not in entry:
            raise Unfit("every entry needs a key and a value.")
        if entry["key"] in made:
            raise Unfit("two entries have the same key.")
        made[entry["key"]] = entry["value"]
    return made


@add("context put", "context:context, key:string, value:any")
def _context_put(state: State, context: dict[str, Value], key: str, value: Value) -> dict[str, Value]:
    state.tick(len(context) // 10)
    return {**context, key: value}


@add("context put", "context:context, keys:list, value:any")
def _context_put_deep(state: State, context: dict[str, Value], keys: list[Value], value: Value) -> dict[str, Value]:
    if not keys or len(keys) > MAX_NESTING or any(type(key) is not str for key in keys):
        raise Unfit("the keys must be a list of texts.")
    inner = context.get(keys[0])
    if len(keys) > 1:
        if type(inner) is not dict:
            raise Unfit("a key does not lead to a context.")
        value = _context_put_deep(state, inner, keys[1:], value)
    changed: dict[str, Value] = _context_put(state, context, keys[0], value)
    return changed


@add("context merge", "contexts:list")
def _context_merge(state: State, contexts: list[Value]) -> dict[str, Value]:
    merged: dict[str, Value] = {}
    for context in contexts:
        if type(context) is not dict:
            raise Unfit("every item must be a context.")
        state.tick(len(context) // 10)
        merged.update(context)
    return merged
