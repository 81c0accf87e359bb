"""Invented papers: identity numbers of division 99xxxx, names of solar terms and of rare characters."""

from __future__ import annotations

from datetime import date

from documents.certificates import PurgeData
from documents.letters import (
    DoubtListData,
    LetterData,
    LetterPerson,
    ListedDoubt,
    NoticeData,
    NoticeItem,
    NoticeKind,
    RefusalData,
    RefusalItem,
)
from documents.report import (
    HOUSEHOLD,
    Comparison,
    Doubt,
    Member,
    OfflineFinding,
    QueryLine,
    ReportData,
    ResultState,
    Verdict,
)

RARE_NAMES = ("江䶮", "梁㛃", "𠮷谷雨", "梁𬭚", "阿依古丽·买买提")


def a_report(**changes: object) -> ReportData:
    """A signed report on five people: found, not found, not obtained, not requested, doubts, an offline finding."""
    told: dict[str, object] = {
        "number": "平核报〔2027〕0391号",
        "version": 1,
        "commission_number": "平民救委〔2027〕0187号",
        "commissioned_on": date(2027, 6, 4),
        "department": "本溪市平山区民政局",
        "agency": "本溪市平山区核对中心",
        "programme": "最低生活保障",
        "household_head": "江䶮",
        "categories": ("养老待遇", "车辆", "银行存款", "不动产", "工资收入", "市场主体"),
        "members": _members(),
        "query_from": date(2027, 6, 8),
        "query_to": date(2027, 6, 11),
        "lines": _lines(),
        "comparisons": _comparisons(),
        "doubts": _doubts(),
        "offline": (
            OfflineFinding(
                item="银行存款",
                person=HOUSEHOLD,
                method="实地查看",
                on=date(2027, 6, 11),
                surveyors=("工人街道 周立夏", "工人街道 郑小满"),
                finding="查看存折两本，余额合计 12,640 元；家庭成员在场并签字。",
            ),
        ),
        "handler": "秦白露",
        "reviewer": "祝霜降",
        "signed_on": date(2027, 6, 16),
        "seal": "本溪市平山区居民家庭经济状况核对中心",
    }
    return ReportData(**{**told, **changes})  # type: ignore[arg-type]


def _members() -> tuple[Member, ...]:
    relations = ("申请人", "配偶", "长女", "外孙女", "儿媳")
    return tuple(
        Member(
            name=name,
            relation=relation,
            masked_id=f"990203********{place:03d}9",
            authorisation=f"990203-2027-{place:05d}",
            note="监护人代签" if relation == "外孙女" else None,
        )
        for place, (name, relation) in enumerate(zip(RARE_NAMES, relations, strict=True), start=1)
    )


def _lines() -> tuple[QueryLine, ...]:
    def found(category: str, person: str, declared: str, value: str, source: str, on: str) -> QueryLine:
        return QueryLine(
            category=category,
            person=person,
            state=ResultState.FOUND,
            source=source,
            level="市级",
            data_date=on,
            declared=declared,
            found=value,
        )

    return (
        found("养老待遇", "江䶮", "无", "1,486 元/月", "市人力资源社会保障局", "2027-05"),
        found("车辆", "梁㛃", "无", "轻型客车 1 辆", "市公安局交通警察支队", "2027-06-08"),
        QueryLine(
            category="银行存款",
            person=HOUSEHOLD,
            state=ResultState.NOT_OBTAINED,
            source="省联网银行查询",
            level="省级",
            declared="12,000 元",
            reason="查询请求已于 2027-06-08 发出，约定时限内未反馈",
        ),
        found("不动产", "梁㛃", "1 套", "1 套，58.20 平方米", "市不动产登记中心", "2027-06-08"),
        found("工资收入", "𠮷谷雨", "2,100 元/月", "2,100 元/月", "市人力资源社会保障局", "2027-05"),
        QueryLine(
            category="市场主体",
            person="阿依古丽·买买提",
            state=ResultState.NOT_FOUND,
            source="市市场监督管理局",
            level="市级",
            data_date="2027-06-08",
            declared="无",
        ),
        QueryLine(category="商业保险", person=HOUSEHOLD, state=ResultState.NOT_REQUESTED, declared="无"),
    )


def _comparisons() -> tuple[Comparison, ...]:
    rows = (
        ("养老待遇", "江䶮", "无", "1,486 元/月", "+1,486 元/月", Verdict.UNDECLARED),
        ("车辆", "梁㛃", "无", "1 辆", "+1 辆", Verdict.UNDECLARED),
        ("银行存款", HOUSEHOLD, "12,000 元", "12,640 元", "+640 元", Verdict.DIFFERENT),
        ("工资收入", "𠮷谷雨", "2,100 元/月", "2,100 元/月", "0", Verdict.SAME),
    )
    return tuple(
        Comparison(item=item, person=person, declared=declared, found=value, difference=difference, verdict=verdict)
        for item, person, declared, value, difference, verdict in rows
    )


def _doubts() -> tuple[Doubt, ...]:
    return (
        Doubt(
            code="INC-02",
            person="江䶮",
            sentence="领取养老待遇 1,486 元/月，申报表未列。",
            rule="3",
            table="疑点表 第 4 版",
            source="市人力资源社会保障局",
            file="养老待遇发放_202705.csv",
            row=18204,
            data_date="2027-05",
        ),
        Doubt(
            code="VEH-01",
            person="梁㛃",
            sentence="名下登记轻型客车 1 辆，申报表未列。",
            rule="7",
            table="疑点表 第 4 版",
            source="市公安局交通警察支队",
            file="机动车登记_20270608.xlsx",
            row=553,
            data_date="2027-06-08",
        ),
    )


def a_letter(**changes: object) -> LetterData:
    told: dict[str, object] = {
        "number": "平民救委〔2027〕0187号",
        "department": "本溪市平山区民政局",
        "agency": "本溪市平山区核对中心",
        "basis": "《社会救助暂行办法》第五十八条和申请家庭的核对授权",
        "case_type": "新申请核对",
        "programme": "最低生活保障",
        "household_head": "江䶮",
        "persons": tuple(
            LetterPerson(
                name=name,
                relation="家庭成员",
                id_number=f"99020319700101{place:03d}9",
                authorisation=f"990203-2027-{place:05d}",
                authorised_on=date(2027, 6, 3),
            )
            for place, name in enumerate(RARE_NAMES, start=1)
        ),
        "categories": ("养老待遇", "车辆", "银行存款", "不动产", "工资收入", "市场主体"),
        "region": "全国",
        "output": "核对报告",
        "due_on": date(2027, 6, 25),
        "contact": "何大暑",
        "telephone": "024-0000 0000",
        "signatory": "吕立秋",
        "signed_on": date(2027, 6, 4),
        "seal": "本溪市平山区民政局",
    }
    return LetterData(**{**told, **changes})  # type: ignore[arg-type]


def a_refusal(**changes: object) -> RefusalData:
    told: dict[str, object] = {
        "number": "平核退〔2027〕0012号",
        "agency": "本溪市平山区核对中心",
        "department": "本溪市平山区民政局",
        "commission_number": "平民救委〔2027〕0187号",
        "commissioned_on": date(2027, 6, 4),
        "household_head": "江䶮",
        "reason_code": "AUTH-MISSING",
        "reason": "一名家庭成员的授权书缺少监护人签名",
        "basis": "先授权、后委托",
        "items": (RefusalItem(subject="梁𬭚", missing="授权书无监护人签名", remedy="由监护人补签并上传扫描件"),),
        "can_be_corrected": True,
        "correct_by": date(2027, 6, 11),
        "checker": "秦白露",
        "signed_on": date(2027, 6, 7),
        "seal": "本溪市平山区核对中心",
    }
    return RefusalData(**{**told, **changes})  # type: ignore[arg-type]


def a_doubt_list(rows: int = 3, **changes: object) -> DoubtListData:
    told: dict[str, object] = {
        "number": "本核疑〔2027〕0006号",
        "version": 1,
        "batch": "2027-06-DIBAO-平山区",
        "period": "2027年6月",
        "commission_number": "平民救委〔2027〕0102号",
        "agency": "本溪市核对中心",
        "department": "本溪市平山区民政局",
        "unit": "平山区",
        "programme": "最低生活保障",
        "households": 412,
        "persons": 688,
        "doubts": tuple(
            ListedDoubt(
                household="江䶮",
                person=RARE_NAMES[place % len(RARE_NAMES)],
                masked_id=f"990203********{place:03d}9",
                category="养老待遇",
                code="INC-02",
                sentence="领取养老待遇，上期名册未列。",
                source="市人力资源社会保障局",
                data_date="2027-05",
                found="1,486 元/月",
                rule="3",
                table="疑点表 第 4 版",
                file="养老待遇发放_202705.csv",
                row=18204 + place,
            )
            for place in range(rows)
        ),
        "not_obtained": ("银行存款：省联网银行查询在约定时限内未反馈",),
        "handler": "秦白露",
        "reviewer": "祝霜降",
        "signed_on": date(2027, 6, 28),
        "seal": "本溪市居民家庭经济状况核对中心",
    }
    return DoubtListData(**{**told, **changes})  # type: ignore[arg-type]


def a_notice(**changes: object) -> NoticeData:
    told: dict[str, object] = {
        "number": "平民救告〔2027〕0033号",
        "kind": NoticeKind.NOT_ELIGIBLE,
        "department": "本溪市平山区民政局",
        "applicant": "江䶮",
        "address": "平山区工人街道示范路 1 号",
        "programme": "最低生活保障",
        "applied_on": date(2027, 6, 1),
        "decision": "对你家庭的最低生活保障申请不予批准。",
        "facts": "你家庭共同生活成员 5 人，经核实月人均收入高于本地最低生活保障标准。",
        "basis": ("《社会救助暂行办法》第十一条", "本市最低生活保障标准公告"),
        "items": (
            NoticeItem(item="月人均收入", person="全户", declared="420 元", found="717.20 元", standard="695 元/月"),
        ),
        "appeal_way": "你可以向本溪市平山区民政局提出异议，也可以依法申请行政复议或者提起行政诉讼。",
        "appeal_term": "自收到本告知书之日起，行政复议在六十日内申请，行政诉讼在六个月内提起。",
        "contact": "024-0000 0000",
        "signed_on": date(2027, 6, 22),
        "seal": "本溪市平山区民政局",
    }
    return NoticeData(**{**told, **changes})  # type: ignore[arg-type]


def a_purge() -> PurgeData:
    """Data of a bank that were deleted after their time."""
    return PurgeData(
        number="7k2m9xq4t0v5b8c1d3e6f7g8h9", keeper="信息系统管理", supplier="本溪银行", source="bank.DEPOSIT",
        category="存款", delivery="0123456789abcdefghjkmnpqrs", data_date=date(2025, 5, 31),
        delivered_on=date(2025, 6, 9), rows=1_200_345, files=2, size=98_765_432, content="0" * 64, keys=("1", "2"),
        results_kept=17, reason="delivered_data_months = 24", deleted_by="系统", signed_on=date(2027, 6, 1),
    )  # fmt: skip
