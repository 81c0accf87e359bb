"""Events in every place the standard allows: several in one, kept at the head of the file, thrown by repetition."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.workflows.drawn import drawing, rules, wrong
from tests.workflows.playing import Scenario, play

HOUR = timedelta(hours=1)
NAMES = (
    '<message id="Mail" name="mail"/><message id="Note" name="note"/><signal id="Alarm" name="alarm"/>'
    '<signal id="Bell" name="bell"/>'
    '<error id="Err" errorCode="bad"/><error id="Other" errorCode="other"/>'
    '<escalation id="Esc" escalationCode="up"/><escalation id="Esc2" escalationCode="out"/>'
)
MAIL = '<messageEventDefinition messageRef="Mail"/>'
NOTE = '<messageEventDefinition messageRef="Note"/>'
ALARM = '<signalEventDefinition signalRef="Alarm"/>'
BELL = '<signalEventDefinition signalRef="Bell"/>'
BAD = '<errorEventDefinition errorRef="Err"/>'
OTHER = '<errorEventDefinition errorRef="Other"/>'
UP = '<escalationEventDefinition escalationRef="Esc"/>'
SOON = '<timerEventDefinition><timeDuration xsi:type="tFormalExpression">PT1H</timeDuration></timerEventDefinition>'
DAILY = '<timerEventDefinition><timeCycle xsi:type="tFormalExpression">R3/P1D</timeCycle></timerEventDefinition>'
WHEN = (
    '<conditionalEventDefinition><condition xsi:type="tFormalExpression">Go.ok = true</condition>'
    "</conditionalEventDefinition>"
)


def catch(name: str, inside: str, extra: str = "") -> str:
    return f'<intermediateCatchEvent id="{name}"{extra}>{inside}</intermediateCatchEvent>'


def throw(name: str, inside: str) -> str:
    return f'<intermediateThrowEvent id="{name}">{inside}</intermediateThrowEvent>'


def end(name: str, inside: str) -> str:
    return f'<endEvent id="{name}">{inside}</endEvent>'


def at(name: str, host: str, inside: str, *, beside: bool = False, all_of: bool = False) -> str:
    marks = ' cancelActivity="false"' * beside + ' parallelMultiple="true"' * all_of
    return f'<boundaryEvent id="{name}" attachedToRef="{host}"{marks}>{inside}</boundaryEvent>'


def watcher(name: str, inside: str, body: str, *, beside: bool = False, all_of: bool = False) -> str:
    marks = ' isInterrupting="false"' * beside + ' parallelMultiple="true"' * all_of
    return (
        f'<subProcess id="{name}" triggeredByEvent="true"><startEvent id="{name}S"{marks}>{inside}</startEvent>{body}'
        f"</subProcess>"
    )


def case(body: str, *acts: Any, head: str = "", **rest: Any) -> Scenario:
    return Scenario(drawing(body, NAMES + head), acts, **rest)


ALL_OF = ' parallelMultiple="true"'
WORK = "(start S)(user W)(end E)"
BEHAVIORS: list[tuple[str, str, str, str, str, int, bool, list[Any]]] = [
    ("None", ' noneBehaviorEventRef="Head"', "", '<signalEventDefinition id="Head" signalRef="Alarm"/>', ALARM,
     3, True, [("alarm", None, {})]),
    ("One", ' oneBehaviorEventRef="Head"', "", '<escalationEventDefinition id="Head" escalationRef="Esc"/>', UP,
     1, False, []),
    ("Complex", "", ('<complexBehaviorDefinition><condition xsi:type="tFormalExpression">'
     f'nrOfCompletedInstances = 2</condition><event id="Ev">{ALARM}</event></complexBehaviorDefinition>'),
     "", ALARM, 1, False, [("alarm", None, {})]),
]  # fmt: skip
CASES = {
    # --- several events in one
    "catch any, by message": case(
        f"(start S){catch('C', MAIL + ALARM + SOON)}(note X)(end E)[[S>C>X>E]]",
        ("deliver", "mail", {"n": 1}), done={"C": 1, "X": 1}, kept={"C": {"n": 1}},
    ),
    "catch any, by signal": case(f"(start S){catch('C', MAIL + ALARM + SOON)}(end E)[[S>C>E]]", ("deliver", "alarm")),
    "catch any, by time": case(f"(start S){catch('C', MAIL + ALARM + SOON)}(end E)[[S>C>E]]", ("wait", HOUR)),
    "catch all": case(
        f"(start S){catch('C', MAIL + ALARM + SOON, ALL_OF)}(end E)[[S>C>E]]",
        ("deliver", "alarm", {"a": 1}), ("deliver", "alarm"), ("wait", HOUR), ("deliver", "mail", {"m": 2}),
        done={"C": 1}, kept={"C": {"a": 1, "m": 2}},
    ),
    "catch all waits for all": case(
        f"(start S){catch('C', MAIL + ALARM, ALL_OF)}(end E)[[S>C>E]]", ("deliver", "mail"), ("deliver", "mail"),
        completed=False, done={"C": 0},
    ),
    "two of one name are both met": case(
        f"(start S){catch('C', MAIL + MAIL, ALL_OF)}(end E)[[S>C>E]]", ("deliver", "mail"), done={"C": 1}
    ),
    "boundary any, interrupting": case(
        f"{WORK}{at('Bo', 'W', MAIL + SOON)}(note X)(end F)[[S>W>E Bo>X>F]]", ("wait", HOUR), done={"X": 1, "W": 0},
    ),
    "boundary any, beside": case(
        f"{WORK}{at('Bo', 'W', MAIL + SOON, beside=True)}(note X)(end F)[[S>W>E Bo>X>F]]",
        ("deliver", "mail"), ("wait", HOUR), ("deliver", "mail"), ("wait", HOUR), ("complete", "W"),
        done={"X": 3, "W": 1},
    ),
    "boundary all, interrupting": case(
        f"{WORK}{at('Bo', 'W', MAIL + SOON, all_of=True)}(note X)(end F)[[S>W>E Bo>X>F]]",
        ("wait", HOUR), ("deliver", "mail"), done={"X": 1, "W": 0},
    ),
    "boundary all, beside, again and again": case(
        f"{WORK}{at('Bo', 'W', MAIL + ALARM, beside=True, all_of=True)}(note X)(end F)[[S>W>E Bo>X>F]]",
        ("deliver", "mail"), ("deliver", "alarm"), ("deliver", "alarm"), ("deliver", "mail"), ("deliver", "mail"),
        ("complete", "W"), done={"X": 2, "W": 1},
    ),
    "boundary all with a time that comes once": case(
        f"{WORK}{at('Bo', 'W', MAIL + SOON, beside=True, all_of=True)}(note X)(end F)[[S>W>E Bo>X>F]]",
        ("wait", HOUR), ("deliver", "mail"), ("wait", HOUR), ("deliver", "mail"), ("complete", "W"),
        done={"X": 1, "W": 1},
    ),
    "boundary any with a condition": case(
        f"(start S)<parallelGateway id='G'/>(user Go)(user W)(end E)(end E2){at('Bo', 'W', MAIL + WHEN)}(note X)(end F)"
        "[[S>G>W>E G>Go>E2 Bo>X>F]]",
        ("complete", "Go", {"ok": True}), done={"X": 1, "W": 0}, data={"Go": {}},
    ),
    "boundary any with an error from inside": case(
        f"(start S)<subProcess id='P1'>(start PS)(user In){end('PE', BAD)}[[PS>In>PE]]</subProcess>"
        f"{at('Bo', 'P1', BAD + SOON)}(note X)(end F)(end E)[[S>P1>E Bo>X>F]]",
        ("complete", "In"), done={"X": 1, "E": 0},
    ),
    "boundary any beside with an escalation from inside": case(
        f"(start S)<subProcess id='P1'>(start PS){throw('T1', UP)}{throw('T2', UP)}(user In)(end PE)"
        f"[[PS>T1>T2>In>PE]]</subProcess>{at('Bo', 'P1', UP + MAIL, beside=True)}(note X)(end F)(end E)"
        "[[S>P1>E Bo>X>F]]",
        ("deliver", "mail"), ("complete", "In"), done={"X": 3, "E": 1},
    ),
    "event subprocess any, interrupting": case(
        f"{WORK}[[S>W>E]]{watcher('V', MAIL + SOON, '(note X)(end VE)[[VS>X>VE]]')}",
        ("deliver", "mail"), done={"X": 1, "W": 0},
    ),
    "event subprocess any, beside": case(
        f"{WORK}[[S>W>E]]{watcher('V', MAIL + SOON, '(note X)(end VE)[[VS>X>VE]]', beside=True)}",
        ("wait", HOUR), ("deliver", "mail"), ("deliver", "mail"), ("complete", "W"), done={"X": 3, "W": 1},
    ),
    "event subprocess all, beside": case(
        f"{WORK}[[S>W>E]]{watcher('V', MAIL + ALARM, '(note X)(end VE)[[VS>X>VE]]', beside=True, all_of=True)}",
        ("deliver", "mail"), ("deliver", "alarm"), ("deliver", "mail"), ("deliver", "alarm"), ("complete", "W"),
        done={"X": 2, "W": 1},
    ),
    "behind an event-based gateway": case(
        f"(start S)<eventBasedGateway id='G'/>{catch('C', MAIL + ALARM)}{catch('D', SOON)}(end E)(end F)"
        "[[S>G>C>E G>D>F]]",
        ("deliver", "alarm"), done={"C": 1, "D": 0},
    ),
    "throws all, in order": case(
        f"(start S){throw('T', ALARM + MAIL + BELL)}(end E)[[S>T>E]]",
        thrown=[("alarm", None, {}), ("mail", None, {}), ("bell", None, {})],
    ),
    "ends with all, in order": case(
        f"(start S)<parallelGateway id='G'/>(user W)(end F){end('E', MAIL + ALARM + '<terminateEventDefinition/>')}"
        "[[S>G>W>F G>E]]",
        thrown=[("mail", None, {}), ("alarm", None, {})], done={"W": 0, "E": 1},
    ),
    "throws two that are caught here": case(
        f"(start S)<parallelGateway id='G'/>{catch('C', ALARM + BELL, ALL_OF)}{catch('D', BELL)}(user W)"
        f"{throw('T', ALARM + BELL)}(end E)(end F)(end H)[[S>G>C>E G>D>F G>W>T>H]]",
        ("complete", "W"), done={"C": 1, "D": 1}, thrown=[("alarm", None, {}), ("bell", None, {})],
    ),
    # --- definitions at the head of the file
    "a timer at the head": case(
        f"(start S){catch('C', '<eventDefinitionRef>Head</eventDefinitionRef>')}(end E)[[S>C>E]]", ("wait", HOUR),
        head=SOON.replace("Definition>", 'Definition id="Head">', 1), done={"C": 1},
    ),
    "a boundary event of one at the head and one of its own": case(
        f"{WORK}{at('Bo', 'W', MAIL + '<eventDefinitionRef>Head</eventDefinitionRef>')}(end F)[[S>W>E Bo>F]]",
        ("deliver", "alarm"), head='<signalEventDefinition id="Head" signalRef="Alarm"/>', done={"Bo": 1},
    ),
    "an escalation at the head, thrown and caught": case(
        f"(start S)<subProcess id='P1'>(start PS){end('PE', '<eventDefinitionRef>Head</eventDefinitionRef>')}[[PS>PE]]"
        f"</subProcess>{at('Bo', 'P1', '<eventDefinitionRef>Head</eventDefinitionRef>')}(end F)(end E)[[S>P1>E Bo>F]]",
        head='<escalationEventDefinition id="Head" escalationRef="Esc"/>', done={"Bo": 1, "E": 0},
    ),
    # --- event subprocesses of every trigger, interrupting and not
    **{
        f"event subprocess {name}, {'beside' if beside else 'interrupting'}": case(
            f"(start S)<subProcess id='P1'>(start PS)(user Go){throw('T', UP)}(user W)(end PE)[[PS>Go>T>W>PE]]"
            f"{watcher('V', trigger, '(note X)(user Y)(end VE)[[VS>X>Y>VE]]', beside=beside)}</subProcess>"
            f"(end E)[[S>P1>E]]",
            *before, *([("complete", "W")] if beside else []), ("complete", "Y"),
            done={"X": 1, "W": 1 if beside else 0, "P1": 1, "E": 1}, data={"Go": {}},
        )
        for name, trigger, before in (
            ("message", MAIL, [("complete", "Go"), ("deliver", "mail")]),
            ("signal", ALARM, [("complete", "Go"), ("deliver", "alarm")]),
            ("timer", SOON, [("complete", "Go"), ("wait", HOUR)]),
            ("condition", WHEN, [("complete", "Go", {"ok": True})]),
            ("escalation", UP, [("complete", "Go")]),
            ("any escalation", "<escalationEventDefinition/>", [("complete", "Go")]),
        )
        for beside in (False, True)
    },
    "event subprocess inside an event subprocess": case(
        f"{WORK}[[S>W>E]]"
        + watcher(
            "V", MAIL, "(user Y)(end VE)[[VS>Y>VE]]" + watcher("U", ALARM, "(note X)(end UE)[[US>X>UE]]"), beside=True
        ),
        ("deliver", "mail"), ("deliver", "alarm"), ("complete", "W"), done={"X": 1, "Y": 0, "W": 1},
    ),
    "the flow is over, the event subprocess not": case(
        f"{WORK}[[S>W>E]]{watcher('V', MAIL, '(user Y)(end VE)[[VS>Y>VE]]', beside=True)}",
        ("deliver", "mail"), ("complete", "W"), completed=False, done={"E": 1},
    ),
    "an error inside an event subprocess goes outward": case(
        f"(start S)<subProcess id='P1'>(start PS)(user W)(end PE)[[PS>W>PE]]"
        f"{watcher('V', MAIL, end('VE', BAD) + '[[VS>VE]]')}</subProcess>{at('Bo', 'P1', BAD)}(end F)(end E)"
        "[[S>P1>E Bo>F]]",
        ("deliver", "mail"), done={"Bo": 1, "E": 0},
    ),
    # --- errors and escalations: by code, any, further out
    "an error by its code before any": case(
        f"(start S)<subProcess id='P1'>(start PS){end('PE', BAD)}[[PS>PE]]</subProcess>"
        f"{at('Any', 'P1', '<errorEventDefinition/>')}{at('Own', 'P1', BAD)}(end F)(end H)"
        f"(end E)[[S>P1>E Any>F Own>H]]",
        done={"Own": 1, "Any": 0},
    ),
    "an error of another code goes further out": case(
        f"(start S)<subProcess id='P1'>(start PS)<subProcess id='P2'>(start QS){end('QE', BAD)}[[QS>QE]]</subProcess>"
        f"{at('No', 'P2', OTHER)}(end X)(end PE)"
        f"[[PS>P2>PE No>X]]</subProcess>{at('Yes', 'P1', BAD)}(end F)(end E)[[S>P1>E Yes>F]]",
        done={"Yes": 1, "No": 0},
    ),
    "an error that nobody catches ends the case": case(
        f"(start S)<parallelGateway id='G'/>(user W)(end F){end('E', BAD)}[[S>G>W>F G>E]]", error="bad", done={"W": 0},
    ),
    "an escalation that nobody catches changes nothing": case(
        f"(start S){throw('T', UP)}(note X)(end E)[[S>T>X>E]]", done={"X": 1}
    ),
    "an escalation is caught once, by the nearest": case(
        f"(start S)<subProcess id='P1'>(start PS)<subProcess id='P2'>(start QS){throw('T', UP)}(end QE)[[QS>T>QE]]"
        f"</subProcess>{at('Near', 'P2', UP, beside=True)}(end X)(end PE)[[PS>P2>PE Near>X]]</subProcess>"
        f"{at('Far', 'P1', UP, beside=True)}(end F)(end E)[[S>P1>E Far>F]]",
        done={"Near": 1, "Far": 0, "E": 1},
    ),
    "an interrupting escalation stops who threw it": case(
        f"(start S)<subProcess id='P1'>(start PS){throw('T', UP)}(note Never)(end PE)[[PS>T>Never>PE]]</subProcess>"
        f"{at('Bo', 'P1', UP)}(end F)(end E)[[S>P1>E Bo>F]]",
        done={"Never": 0, "Bo": 1, "T": 0},
    ),
    "a signal stops the subprocess that threw it": case(
        f"(start S)<subProcess id='P1'>(start PS){throw('T', ALARM)}(note Never)(end PE)[[PS>T>Never>PE]]</subProcess>"
        f"{at('Bo', 'P1', ALARM)}(note X)(end F)(end E)[[S>P1>E Bo>X>F]]",
        done={"Never": 0, "X": 1}, thrown=[("alarm", None, {})],
    ),
    "a signal thrown into its own event subprocess": case(
        f"(start S){throw('T', ALARM)}(note Never)(end E)[[S>T>Never>E]]{watcher('V', ALARM, '(end VE)[[VS>VE]]')}",
        done={"Never": 0, "V": 1}, thrown=[("alarm", None, {})],
    ),
    "a signal reaches every scope": case(
        f"(start S)<parallelGateway id='G'/>{catch('C', ALARM)}<subProcess id='P1'>"
        f"(start PS){catch('D', ALARM)}(end PE)"
        f"[[PS>D>PE]]</subProcess>(user W){at('Bo', 'W', ALARM)}{throw('T', ALARM)}(user Go)(end E1)(end E2)"
        f"(end E3)(end E4)"
        "(end F)[[S>G>C>E1 G>P1>E2 G>W>E3 G>Go>T>E4 Bo>F]]",
        ("complete", "Go"), done={"C": 1, "D": 1, "Bo": 1, "W": 0}, thrown=[("alarm", None, {})],
    ),
    # --- terminate
    "terminate ends its subprocess only": case(
        "(start S)<subProcess id='P1'>(start PS)<parallelGateway id='G'/>(user W)(end PE)"
        f"{end('PT', '<terminateEventDefinition/>')}[[PS>G>W>PE G>PT]]</subProcess>(note X)(end E)[[S>P1>X>E]]",
        done={"X": 1, "W": 0},
    ),
    "terminate ends one of several": case(
        "(start S)<subProcess id='P1'><multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality>"
        "</multiInstanceLoopCharacteristics>(start PS)<parallelGateway id='G'/>(user W)(user Z)(end PE)"
        f"{end('PT', '<terminateEventDefinition/>')}[[PS>G>W>PE G>Z>PT]]</subProcess>(end E)[[S>P1>E]]",
        ("complete", "Z"), ("complete", "W"), ("complete", "Z"), done={"P1": 2, "W": 1},
    ),
    "a terminate in an event subprocess ends that alone": case(
        f"{WORK}[[S>W>E]]{watcher('V', MAIL, end('VE', '<terminateEventDefinition/>') + '[[VS>VE]]', beside=True)}",
        ("deliver", "mail"), ("complete", "W"), done={"W": 1, "E": 1},
    ),
    # --- repetition
    "boundary on several, interrupting": case(
        "(start S)<userTask id='W' camunda:candidateGroups='clerk' camunda:formKey='form'>"
        "<multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics>"
        f"</userTask>{at('Bo', 'W', MAIL)}(end E)(end F)[[S>W>E Bo>F]]",
        ("complete", "W", {}, 1), ("deliver", "mail"), done={"W": 1, "Bo": 1, "E": 0},
    ),
    "boundary on a loop, beside": case(
        "(start S)<userTask id='W' camunda:candidateGroups='clerk' camunda:formKey='form'>"
        "<standardLoopCharacteristics loopMaximum='2'/></userTask>"
        f"{at('Bo', 'W', MAIL, beside=True)}(note X)(end E)(end F)[[S>W>E Bo>X>F]]",
        ("deliver", "mail"), ("complete", "W"), ("deliver", "mail"), ("complete", "W"), done={"W": 2, "X": 2, "E": 1},
    ),
    "a wait inside each of several subprocesses": case(
        "(start S)<subProcess id='P1'><multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality>"
        f"</multiInstanceLoopCharacteristics>(start PS)(user W){at('Bo', 'W', ALARM)}(note X)(end PE)(end PF)"
        "[[PS>W>PE Bo>X>PF]]</subProcess>(end E)[[S>P1>E]]",
        ("complete", "W", {}, 1), ("deliver", "alarm"), done={"W": 1, "X": 1, "P1": 2},
    ),
    "a subprocess in a loop waits anew": case(
        f"(start S)<subProcess id='P1'><standardLoopCharacteristics loopMaximum='2'/>"
        f"(start PS){catch('C', MAIL)}(end PE)"
        f"[[PS>C>PE]]{watcher('V', ALARM, '(end VE)[[VS>VE]]')}</subProcess>(end E)[[S>P1>E]]",
        ("deliver", "mail"), ("deliver", "alarm"), done={"C": 1, "V": 1, "P1": 2},
    ),
    "interrupting a job lets go of it": case(
        f"(start S)(long J){at('Bo', 'J', SOON)}(note X)(end E)(end F)[[S>J>E Bo>X>F]]", ("wait", HOUR),
        done={"J": 0, "X": 1},
    ),
    "interrupting a subprocess lets go of the job in it": case(
        f"(start S)<subProcess id='P1'>(start PS)(long J)(end PE)[[PS>J>PE]]</subProcess>{at('Bo', 'P1', MAIL)}(end E)"
        "(end F)[[S>P1>E Bo>F]]",
        ("deliver", "mail"), done={"J": 0, "Bo": 1},
    ),
    **{
        f"several announce {behavior}": case(
            "(start S)<userTask id='W' camunda:candidateGroups='clerk' camunda:formKey='form'>"
            f"<multiInstanceLoopCharacteristics isSequential='{'true' if in_turn else 'false'}' behavior='{behavior}'"
            f"{ref}><loopCardinality>3</loopCardinality>{more}</multiInstanceLoopCharacteristics></userTask>"
            f"{at('Bo', 'W', trigger, beside=True)}(note X)(end E)(end F)[[S>W>E Bo>X>F]]",
            *[("complete", "W")] * 3, head=head, done={"W": 3, "X": times, "E": 1}, thrown=thrown * times,
        )
        for behavior, ref, more, head, trigger, times, in_turn, thrown in BEHAVIORS
    },
    # --- tokens
    "three tokens out, three in": case(
        "(start S)<userTask id='A' completionQuantity='3' camunda:candidateGroups='clerk' camunda:formKey='form'/>"
        "(note B)<userTask id='C' startQuantity='3' camunda:candidateGroups='clerk' camunda:formKey='form'/>"
        "(end E)[[S>A>B>C>E]]",
        ("complete", "A"), ("complete", "C"), done={"A": 1, "B": 3, "C": 1, "E": 1},
    ),
    "too few tokens wait": case(
        "(start S)(note A)<serviceTask id='C' startQuantity='2' camunda:type='external' camunda:topic='note'/>(end E)"
        "[[S>A>C>E]]",
        completed=False, done={"A": 1, "C": 0},
    ),
    "a step that takes two and can be interrupted": case(
        "(start S)<parallelGateway id='G'/>(note A)(note B)"
        "<userTask id='C' startQuantity='2' camunda:candidateGroups='clerk' camunda:formKey='form'/>"
        f"{at('Bo', 'C', SOON)}(end E)(end F)[[S>G>A>C>E G>B>C Bo>F]]",
        ("wait", HOUR), done={"Bo": 1, "C": 0, "F": 1},
    ),
    # --- complex gateway
    "the first of three goes on, the others are swallowed": case(
        "(start S)<parallelGateway id='G'/>(user A)(user B)(user C)<complexGateway id='X'><activationCondition "
        "xsi:type='tFormalExpression'>activationCount &gt;= 2</activationCondition></complexGateway>(user N)(end E)"
        "[[S>G>A>X>N>E G>B>X G>C>X]]",
        ("complete", "B"), ("complete", "A"), ("complete", "N"), ("complete", "C"), done={"X": 1, "N": 1, "E": 1},
    ),
    "a complex gateway in a loop": case(
        "(start S)<exclusiveGateway id='Top'/><parallelGateway id='G'/>(user A)(user B)<complexGateway id='X'>"
        "<activationCondition xsi:type='tFormalExpression'>activationCount &gt;= 1</activationCondition>"
        "</complexGateway>"
        "(user N)<exclusiveGateway id='Y' default='Y_E'/><sequenceFlow id='back' sourceRef='Y' targetRef='Top'>"
        "<conditionExpression xsi:type='tFormalExpression'>N.again = true</conditionExpression></sequenceFlow>(end E)"
        "[[S>Top>G>A>X>N>Y>E G>B>X]]",
        ("complete", "A"), ("complete", "B"), ("complete", "N", {"again": True}), ("complete", "B"), ("complete", "A"),
        ("complete", "N", {"again": False}), done={"X": 2, "N": 2, "E": 1},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_events_happen_where_they_are_drawn(name: str) -> None:
    scenario = CASES[name]

    assert wrong(scenario.file) == []
    played = play(scenario, restoring=False)
    run = played.run
    assert {key: run.done().get(key, 0) for key in scenario.done} == scenario.done
    assert (run.completed, run.error) == (scenario.completed, scenario.error)
    assert {key: run.data.get(key) for key in scenario.kept} == scenario.kept
    assert [(t.name, t.correlation, t.payload) for t in played.thrown] == list(scenario.thrown)
    assert not (run.completed and (run.jobs() or run.human_steps()))


@pytest.mark.parametrize("name", CASES)
def test_saving_after_every_step_changes_no_event(name: str) -> None:
    scenario = CASES[name]
    live, restored = play(scenario, restoring=False), play(scenario, restoring=True)

    assert restored.states == live.states
    assert restored.thrown == live.thrown
    assert restored.desk.calls == live.desk.calls


REFUSED = {
    "a link among several": (
        "several-definitions",
        "(start S)" + catch("C", MAIL + "<linkEventDefinition name='L'/>") + "(end E)[[S>C>E]]",
    ),
    "all of an error and a message": (
        "several-definitions",
        "(start S)<subProcess id='Q'>(start QS)(end QE)[[QS>QE]]</subProcess>"
        + at("Bo", "Q", BAD + MAIL, all_of=True) + "(end E)(end F)[[S>Q>E Bo>F]]",
    ),
    "two ends in one": ("several-definitions", "(start S)" + end("E", BAD + "<terminateEventDefinition/>") + "[[S>E]]"),
    "a step that would end itself": (
        "behaviour-interrupts",
        "(start S)<userTask id='W' camunda:candidateGroups='clerk' camunda:formKey='form'>"
        "<multiInstanceLoopCharacteristics behavior='None' noneBehaviorEventRef='Head'><loopCardinality>3"
        "</loopCardinality></multiInstanceLoopCharacteristics></userTask>" + at("Bo", "W", ALARM)
        + "(end E)(end F)[[S>W>E Bo>F]]",
    ),
    "no tokens at all": ("EXT037", "(start S)<manualTask id='A' startQuantity='0'/>(end E)[[S>A>E]]"),
    "tokens that never come": (
        "token-quantity", "<manualTask id='A' startQuantity='2'/>",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_an_event_that_has_no_one_meaning_is_refused(name: str) -> None:
    rule, body = REFUSED[name]

    assert rule in rules(drawing(body, NAMES + '<signalEventDefinition id="Head" signalRef="Alarm"/>'))
