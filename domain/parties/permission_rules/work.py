"""Rights to tasks, and to what stands around them: terms, substitutes, filters, leaving, near relations."""

from __future__ import annotations

from domain.parties.permission_rules.words import (
    HOLDER,
    OFFICE,
    QUEUE,
    SELF,
    SUPERVISORS,
    TOWN,
    WORKERS,
    Rule,
    rule,
)

RULES: tuple[Rule, ...] = (
    # the desk: the step's own role and office stand on the task; relations here are to the task
    rule("desk.read", WORKERS),
    # which state leads to which, and who may, stands in `tasks.life`; here only whose work it can be at all
    rule("task.read", WORKERS, f"{HOLDER} {QUEUE} {OFFICE}"),
    *(
        rule(f"task.{one}", WORKERS, f"{HOLDER} {QUEUE}")
        for one in (
            "claim",
            "release",
            "draft",
            "complete",
            "return",
            "attach",
            "start",
            "stop",
            "delegate",
            "forward",
            "suspend",
            "skip",
            "fail",
        )
    ),
    rule("task.comment", WORKERS, f"{HOLDER} {QUEUE} {OFFICE}"),
    # bureaus see how the work of the offices below them stands, no case and no household
    rule("task.oversee", "oversight statistician department_head agency_head supplier_leader"),
    rule("task.supervise", SUPERVISORS, f"{OFFICE} {TOWN}"),
    # more time for a term: who works on the step asks, the head decides; whether there is such a power the rules say
    rule("term.ask", WORKERS, f"{HOLDER} {QUEUE}"),
    rule("term.decide", SUPERVISORS, f"{OFFICE} {TOWN}"),
    rule("term.read", WORKERS),
    rule("notification.own", ""),
    # who does whose work while they are away: each for themselves, the head for the office, that of a department also
    # for its towns, as with the rest of their work (model 2.1, NM-22)
    rule("substitution.read", WORKERS),
    rule("substitution.make", WORKERS, SELF),
    rule("substitution.make", SUPERVISORS, f"{OFFICE} {TOWN}"),
    rule("substitution.end", WORKERS, SELF),
    rule("substitution.end", SUPERVISORS, f"{OFFICE} {TOWN}"),
    # filters that are kept: one's own by everybody, for the office or a role in it by its head
    rule("filter.keep", WORKERS),
    rule("filter.share", SUPERVISORS),
    # what somebody holds when they leave: handed over by themselves or their head; who keeps accounts sees figures of
    # it and gives it back to the queue, never to a person
    rule("leaving.see", f"{WORKERS} system_admin operator"),
    rule("leaving.plan", WORKERS, SELF),
    rule("leaving.plan", SUPERVISORS, f"{OFFICE} {TOWN}"),
    rule("leaving.free", "system_admin operator"),
    # near relations: each declares their own; that somebody did is seen by whoever watches over the offices, not whom
    rule("kin.overview", "oversight auditor"),
    rule("separation.read", "oversight auditor"),
    rule("separation.prove", "oversight auditor operator"),
)
