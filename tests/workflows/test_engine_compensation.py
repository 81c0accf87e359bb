"""Compensation and transactions: what was completed is undone, last completed first, as the standard says."""

from __future__ import annotations

from typing import Any

import pytest

from tests.workflows.drawn import drawing, rules, undo, wrong
from tests.workflows.playing import NOW, Desk, Scenario, play
from workflows import engine


def thrown(name: str, activity: str = "") -> str:
    """An event that throws compensation, of all or of one step."""
    ref = f' activityRef="{activity}"' if activity else ""
    return f'<intermediateThrowEvent id="{name}"><compensateEventDefinition{ref}/></intermediateThrowEvent>'


ALL = thrown("Undo")
AT_ONCE = ALL.replace("Definition/", 'Definition waitForCompletion="false"/')
CALLED_OFF = '<endEvent id="Off"><cancelEventDefinition/></endEvent>'
HEARD = '<boundaryEvent id="Heard" attachedToRef="T"><cancelEventDefinition/></boundaryEvent>'
FAILED = '<endEvent id="Bad"><errorEventDefinition errorRef="Err"/></endEvent>'
ERROR = '<error id="Err" errorCode="bad"/>'
MANY = "<multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics>"
IN_TURN = MANY.replace("Characteristics>", 'Characteristics isSequential="true">', 1)


def booked(*names: str) -> str:
    """Steps in a row, each with one that undoes it."""
    return "".join(f"(note {name})" + undo(name, f"un{name}") for name in names)


def case(xml: str, calls: str, *acts: Any, **rest: Any) -> Any:
    return xml, calls.split(), Scenario(xml, acts, **rest)


CASES = {
    "all of a scope, last completed first": case(
        drawing(f"(start S){booked('A', 'B', 'C')}{ALL}(note Last)(end E)[[S>A>B>C>Undo>Last>E]]"),
        "A B C unC unB unA Last",
    ),
    "one by name": case(
        drawing(f"(start S){booked('A', 'B')}{thrown('Undo', 'A')}{thrown('Rest')}(end E)[[S>A>B>Undo>Rest>E]]"),
        "A B unA unB",
    ),
    "by an end event": case(
        drawing(f'(start S){booked("A", "B")}<endEvent id="E"><compensateEventDefinition/></endEvent>[[S>A>B>E]]'),
        "A B unB unA",
        done={"E": 1, "unA": 1, "unB": 1},
    ),
    "nothing was completed": case(
        drawing(f"(start S){ALL}{booked('A')}(end E)[[S>Undo>A>E]]"), "A", done={"Undo": 1, "unA": 0}
    ),
    "each is undone once": case(
        drawing(f"(start S){booked('A')}{ALL}{thrown('Again')}(end E)[[S>A>Undo>Again>E]]"), "A unA"
    ),
    "people undo one after the other": case(
        drawing(
            f"(start S)(note A)(note B){undo('A', 'unA', 'user')}{undo('B', 'unB', 'user')}{ALL}(note Last)(end E)"
            "[[S>A>B>Undo>Last>E]]"
        ),
        "A B Last",
        ("complete", "unB"),
        ("complete", "unA"),
        done={"unA": 1, "unB": 1},
    ),
    "without waiting for it": case(
        drawing(f"(start S)(note A){undo('A', 'unA', 'user')}{AT_ONCE}(note Next)(end E)[[S>A>Undo>Next>E]]"),
        "A Next",
        done={"Undo": 1, "Next": 1, "E": 1, "unA": 0},
        completed=False,
    ),
    "without waiting, the end waits": case(
        drawing(f"(start S)(note A){undo('A', 'unA', 'user')}{AT_ONCE}(end E)[[S>A>Undo>E]]"),
        "A",
        ("complete", "unA"),
        done={"unA": 1},
    ),
    "every instance of several": case(
        drawing(
            f"(start S)(note O)<serviceTask id='A' camunda:type='external' camunda:topic='note'>{MANY}"
            f"</serviceTask>{undo('A', 'unA')}{booked('B')}{ALL}(end E)[[S>O>A>B>Undo>E]]"
        ),
        "O A A A B unB unA unA unA",
    ),
    "every round of a loop": case(
        drawing(
            "(start S)<serviceTask id='A' camunda:type='external' camunda:topic='note'>"
            "<standardLoopCharacteristics loopMaximum='2'/></serviceTask>"
            f"{undo('A', 'unA')}{ALL}(end E)[[S>A>Undo>E]]"
        ),
        "A A unA unA",
    ),
    "what is inside a completed subprocess, in its place": case(
        drawing(
            f"(start S){booked('A')}<subProcess id='T'>(start TS){booked('B', 'C')}(end TE)[[TS>B>C>TE]]</subProcess>"
            f"{booked('D')}{ALL}(end E)[[S>A>T>D>Undo>E]]"
        ),
        "A B C D unD unC unB unA",
    ),
    "two levels down": case(
        drawing(
            "(start S)<subProcess id='T'>(start TS)<subProcess id='U'>(start US)"
            f"{booked('B', 'C')}(end UE)[[US>B>C>UE]]</subProcess>{booked('X')}(end TE)[[TS>U>X>TE]]</subProcess>"
            f"{ALL}(end E)[[S>T>Undo>E]]"
        ),
        "B C X unX unC unB",
    ),
    "a handler of the whole subprocess replaces those inside": case(
        drawing(
            f"(start S)<subProcess id='T'>(start TS){booked('B')}(end TE)[[TS>B>TE]]</subProcess>{undo('T', 'unT')}"
            f"{ALL}(end E)[[S>T>Undo>E]]"
        ),
        "B unT",
    ),
    "an event subprocess undoes instead": case(
        drawing(
            f"(start S)<subProcess id='T'>(start TS){booked('B', 'C')}(end TE)[[TS>B>C>TE]]"
            "<subProcess id='W' triggeredByEvent='true'><startEvent id='WS'><compensateEventDefinition/></startEvent>"
            "(note Instead)(end WE)[[WS>Instead>WE]]</subProcess></subProcess>"
            f"{ALL}(end E)[[S>T>Undo>E]]"
        ),
        "B C Instead",
    ),
    "an event subprocess may undo a part of what it is for": case(
        drawing(
            f"(start S)<subProcess id='T'>(start TS){booked('B', 'C')}(end TE)[[TS>B>C>TE]]"
            "<subProcess id='W' triggeredByEvent='true' isForCompensation='true'><startEvent id='WS'>"
            "<compensateEventDefinition/></startEvent>"
            f"{thrown('Part', 'B')}(note Then)(end WE)[[WS>Part>Then>WE]]</subProcess></subProcess>"
            f"{ALL}(end E)[[S>T>Undo>E]]"
        ),
        "B C unB Then",
    ),
    "a subprocess still running is not undone": case(
        drawing(
            f'(start S)<parallelGateway id="G"/>{booked("A")}<subProcess id="T">(start TS){booked("B")}(user In)'
            f"(end TE)[[TS>B>In>TE]]</subProcess>(user Wait){ALL}(end E)(end F)[[S>G>A>Wait>Undo>E G>T>F]]"
        ),
        "A B unA",
        ("complete", "Wait"),
        ("complete", "In"),
        done={"unB": 0, "T": 1},
    ),
    "a subprocess that failed is not undone": case(
        drawing(
            f"(start S)<subProcess id='T'>(start TS){booked('B')}{FAILED}[[TS>B>Bad]]</subProcess>"
            '<boundaryEvent id="Caught" attachedToRef="T"><errorEventDefinition errorRef="Err"/></boundaryEvent>'
            f"(end F){ALL}(end E)[[S>T>F Caught>Undo>E]]",
            ERROR,
        ),
        "B",
        done={"Undo": 1, "E": 1, "unB": 0},
    ),
    "an error event subprocess undoes what its subprocess did": case(
        drawing(
            f"(start S)<subProcess id='T'>(start TS){booked('B', 'C')}{FAILED}[[TS>B>C>Bad]]"
            "<subProcess id='W' triggeredByEvent='true'><startEvent id='WS'><errorEventDefinition/></startEvent>"
            f"{ALL}(end WE)[[WS>Undo>WE]]</subProcess></subProcess>(note Next)(end E)[[S>T>Next>E]]",
            ERROR,
        ),
        "B C unC unB Next",
    ),
    "instances that are subprocesses, each with its own values": case(
        drawing(
            "(start S)<subProcess id='T'><multiInstanceLoopCharacteristics camunda:collection='items' "
            "camunda:elementVariable='item'/>(start TS)(note B)(end TE)[[TS>B>TE]]"
            '<boundaryEvent id="can_B" attachedToRef="B"><compensateEventDefinition/></boundaryEvent>'
            '<serviceTask id="unB" isForCompensation="true" camunda:type="external" camunda:topic="book">'
            '<extensionElements><camunda:inputOutput><camunda:inputParameter name="amount">=item'
            "</camunda:inputParameter></camunda:inputOutput></extensionElements></serviceTask>"
            '<association id="as" sourceRef="can_B" targetRef="unB"/></subProcess>'
            f"{ALL}(end E)[[S>T>Undo>E]]"
        ),
        "B B unB=2 unB=1",
        data={"items": [1, 2]},
    ),
    "each round with the result of its own": case(
        drawing(
            "(start S)<exclusiveGateway id='Top'/>(user A)"
            '<boundaryEvent id="can_A" attachedToRef="A"><compensateEventDefinition/></boundaryEvent>'
            '<serviceTask id="unA" isForCompensation="true" camunda:type="external" camunda:topic="book">'
            '<extensionElements><camunda:inputOutput><camunda:inputParameter name="amount">=A.n'
            "</camunda:inputParameter></camunda:inputOutput></extensionElements></serviceTask>"
            '<association id="as" sourceRef="can_A" targetRef="unA"/><exclusiveGateway id="X" default="X_Undo"/>'
            '<sequenceFlow id="back" sourceRef="X" targetRef="Top"><conditionExpression xsi:type="tFormalExpression">'
            f"A.n &lt; 3</conditionExpression></sequenceFlow>{ALL}(end E)[[S>Top>A>X>Undo>E]]"
        ),
        "unA=3 unA=2 unA=1",
        *[("complete", "A", {"n": n}) for n in (1, 2, 3)],
        kept={"A": {"n": 3}},
    ),
    "a subprocess undoes": case(
        drawing(
            '(start S)(note A)<boundaryEvent id="can_A" attachedToRef="A"><compensateEventDefinition/></boundaryEvent>'
            '<subProcess id="unA" isForCompensation="true">(start US)(note One)(user Two)(end UE)[[US>One>Two>UE]]'
            f'</subProcess><association id="as" sourceRef="can_A" targetRef="unA"/>{ALL}(note Last)(end E)'
            "[[S>A>Undo>Last>E]]"
        ),
        "A One Last",
        ("complete", "Two"),
    ),
    "a job undoes": case(
        drawing(f"(start S)(note A){undo('A', 'unA', 'long')}{ALL}(note Last)(end E)[[S>A>Undo>Last>E]]"),
        "A unA Last",
        ("job", "unA"),
    ),
    "inside each of several subprocesses alone": case(
        drawing(
            f"(start S)<subProcess id='T'>{IN_TURN}(start TS){booked('B')}{ALL}(end TE)"
            "[[TS>B>Undo>TE]]</subProcess>(end E)[[S>T>E]]"
        ),
        "B unB B unB B unB",
    ),
    "a transaction that goes well": case(
        drawing(
            f"(start S)<transaction id='T'>(start TS){booked('B')}(end TE)[[TS>B>TE]]</transaction>(end E)[[S>T>E]]"
        ),
        "B",
    ),
    "a transaction is called off": case(
        drawing(
            f"(start S)<transaction id='T'>(start TS){booked('B', 'C')}{CALLED_OFF}[[TS>B>C>Off]]</transaction>{HEARD}"
            "(note Out)(end F)(end E)[[S>T>E Heard>Out>F]]"
        ),
        "B C unC unB Out",
        done={"Heard": 1, "T": 0, "E": 0},
    ),
    "a transaction is called off with nothing to undo": case(
        drawing(
            f"(start S)<transaction id='T'>(start TS)(note B){CALLED_OFF}[[TS>B>Off]]</transaction>{HEARD}"
            "(note Out)(end F)(end E)[[S>T>E Heard>Out>F]]"
        ),
        "B Out",
    ),
    "what runs in a transaction ends before it is undone": case(
        drawing(
            f"(start S)<transaction id='T'>(start TS)<parallelGateway id='G'/>(user Open){booked('B')}(user Stop)"
            f"{CALLED_OFF}(end TE)[[TS>G>Open>TE G>B>Stop>Off]]</transaction>{HEARD}(note Out)(end F)(end E)"
            "[[S>T>E Heard>Out>F]]"
        ),
        "B unB Out",
        ("complete", "Stop"),
        done={"Open": 0},
    ),
    "called off from a subprocess inside": case(
        drawing(
            f"(start S)<transaction id='T'>(start TS){booked('B')}<subProcess id='U'>(start US){booked('C')}"
            f"{CALLED_OFF}[[US>C>Off]]</subProcess>(end TE)[[TS>B>U>TE]]</transaction>{HEARD}(note Out)(end F)(end E)"
            "[[S>T>E Heard>Out>F]]"
        ),
        "B C unB Out",
    ),
    "an error leaves a transaction without undoing": case(
        drawing(
            f"(start S)<transaction id='T'>(start TS){booked('B')}{FAILED}[[TS>B>Bad]]</transaction>"
            '<boundaryEvent id="Hazard" attachedToRef="T"><errorEventDefinition errorRef="Err"/></boundaryEvent>'
            "(note Out)(end F)(end E)[[S>T>E Hazard>Out>F]]",
            ERROR,
        ),
        "B Out",
        done={"unB": 0},
    ),
    "a completed transaction is undone later": case(
        drawing(
            f"(start S)<transaction id='T'>(start TS){booked('B')}(end TE)[[TS>B>TE]]</transaction>{ALL}(end E)"
            "[[S>T>Undo>E]]"
        ),
        "B unB",
    ),
    "people undo before a transaction is left; its timer comes too late": case(
        drawing(
            f"(start S)<transaction id='T'>(start TS)(note B){undo('B', 'unB', 'user')}{CALLED_OFF}[[TS>B>Off]]"
            f"</transaction>{HEARD}<boundaryEvent id='Late' attachedToRef='T'><timerEventDefinition><timeDuration "
            "xsi:type='tFormalExpression'>PT1H</timeDuration></timerEventDefinition></boundaryEvent>"
            "(note Out)(end F)(end E)(end L)[[S>T>E Heard>Out>F Late>L]]"
        ),
        "B Out",
        ("complete", "unB"),
        done={"Late": 0, "Out": 1},
    ),
    "terminated is not completed": case(
        drawing(
            f"(start S)<subProcess id='T'>(start TS){booked('B')}<endEvent id='TE'><terminateEventDefinition/>"
            f"</endEvent>[[TS>B>TE]]</subProcess>{ALL}(end E)[[S>T>Undo>E]]"
        ),
        "B",
    ),
    "an event subprocess beside the flow": case(
        drawing(
            f"(start S){booked('A')}(user Work)(end E)[[S>A>Work>E]]<subProcess id='W' triggeredByEvent='true'>"
            "<startEvent id='WS' isInterrupting='false'><signalEventDefinition signalRef='Sig'/></startEvent>"
            f"{booked('W1')}{ALL}(end WE)[[WS>W1>Undo>WE]]</subProcess>",
            '<signal id="Sig" name="alarm"/>',
        ),
        "A W1 unW1 unA",
        ("deliver", "alarm"),
        ("complete", "Work"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_was_completed_is_undone_in_order(name: str) -> None:
    xml, calls, scenario = CASES[name]

    assert wrong(xml) == []
    played = play(scenario, restoring=False)
    said = [step + (f"={inputs['amount']}" if "amount" in inputs else "") for step, inputs in played.desk.calls]
    assert said == calls
    assert played.run.completed == scenario.completed
    assert {key: played.run.done().get(key, 0) for key in scenario.done} == scenario.done
    assert {key: played.run.data.get(key) for key in scenario.kept} == scenario.kept


@pytest.mark.parametrize("name", CASES)
def test_saving_after_every_step_changes_nothing_of_it(name: str) -> None:
    scenario = CASES[name][2]
    live, restored = play(scenario, restoring=False), play(scenario, restoring=True)

    assert restored.states == live.states
    assert restored.desk.calls == live.desk.calls


REFUSED = {
    "no handler": ("compensation-handler", ("(start S)(note A)<boundaryEvent id='B' attachedToRef='A'>"
                   "<compensateEventDefinition/></boundaryEvent>(end E)[[S>A>E]]")),
    "a handler that nothing calls": (
        "unreachable", "(start S)(note A)(note U isForCompensation='true')(end E)[[S>A>E]]",
    ),
    "two ways to undo": (
        "compensation-twice",
        (f"(start S)<subProcess id='T'>(start TS)(end TE)[[TS>TE]]<subProcess id='W' triggeredByEvent='true'>"
        "<startEvent id='WS'><compensateEventDefinition/></startEvent>(end WE)[[WS>WE]]</subProcess></subProcess>"
        f"{undo('T', 'U')}(end E)[[S>T>E]]"),
    ),
    "out of sight": (
        "compensation-out-of-sight",
        (f"(start S)<subProcess id='T'>(start TS){booked('A')}(end TE)[[TS>A>TE]]</subProcess>"
        f"{thrown('Undo', 'A')}(end E)[[S>T>Undo>E]]"),
    ),
    "a way out of a cancel that nobody hears": (
        "cancel-unheard", f"(start S)<transaction id='T'>(start TS){CALLED_OFF}[[TS>Off]]</transaction>(end E)[[S>T>E]]"
    ),
    "a cancel outside": ("EXT106", f"(start S){CALLED_OFF}[[S>Off]]"),
    "a repeated transaction": (
        "transaction-repeated",
        (f"(start S)<transaction id='T'>{MANY}(start TS){CALLED_OFF}[[TS>Off]]</transaction>{HEARD}(end E)(end F)"
        "[[S>T>E Heard>F]]"),
    ),
    "a handler with a boundary event": (
        "compensation-boundary",
        (f"(start S){booked('A')}<boundaryEvent id='L' attachedToRef='unA'><timerEventDefinition><timeDuration>PT1H"
        f"</timeDuration></timerEventDefinition></boundaryEvent>{ALL}(end E)(end F)[[S>A>Undo>E L>F]]"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_one_meaning_is_refused(name: str) -> None:
    rule, body = REFUSED[name]

    assert rule in rules(drawing(body))


def test_two_thousand_rounds_with_something_to_undo_stay_small() -> None:
    xml = drawing(
        "(start S)<exclusiveGateway id='Top'/><scriptTask id='N' scriptFormat='feel'><script>n = n + 1</script>"
        f"</scriptTask>{booked('A')}<exclusiveGateway id='X' default='X_Undo'/><sequenceFlow id='back' sourceRef='X' "
        "targetRef='Top'><conditionExpression xsi:type='tFormalExpression'>n &lt; 2000</conditionExpression>"
        f"</sequenceFlow>{ALL}(end E)[[S>Top>N>A>X>Undo>E]]"
    )
    drawn = engine.read_diagram(xml.encode())
    desk = Desk()
    run = engine.start(drawn, {"n": 0}, now=NOW, services=desk)
    steps = 0
    largest = 0
    while run.step():
        steps += 1
        if steps % 1000 == 0:
            state = run.snapshot()
            largest = max(largest, len(state))
            run = engine.restore(drawn, state, now=NOW, services=desk)

    assert run.completed
    assert run.done()["unA"] == 2000
    assert largest < 200_000
