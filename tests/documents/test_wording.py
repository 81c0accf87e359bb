"""只核对，不认定: which words an agency may not write, and which it must be able to."""

from __future__ import annotations

import pytest

from documents.wording import STATEMENT, lint_conclusion_words

CONCLUSIONS = (
    "该户符合低保条件",
    "不符合最低生活保障条件",
    "已不再符合特困人员救助供养条件",
    "收入符合低保标准",
    "建议纳入",
    "建议停止救助",
    "建议予以停发",
    "应予救助",
    "应当予以救助",
    "不予救助",
    "不应纳入低保",
    "拟取消低保",
    "认定为低收入家庭",
    "不属于低保对象",
    "该户不具备救助资格",
    "有享受低保资格",
    "涉嫌骗保",
    "核对不通过",
    "条件不符合",
    "符 合 低 保 条 件",
    "符\u200b合“低保”条件",
    "符合\u3000救助条件",
    "应保尽保",
)
FINDINGS = (
    STATEMENT,
    "本清单仅供参考，不作认定。",
    "领取养老待遇 1,486 元/月，申报表未列。",
    "名下登记轻型客车 1 辆，申报表未列。",
    "查询请求已发出，约定时限内未反馈",
    "养老金已停止发放，待遇终止日期 2027-03。",
    "继续领取失业保险金 1,200 元/月",
    "与申报一致",
    "申报 2,100 元/月，查得 2,400 元/月，相差 300 元/月",
    "2027-05 起享受城乡居民养老保险待遇",
    "查看存折两本，余额合计 12,640 元；家庭成员在场并签字。",
    "该户上期为在册低保家庭",
    "对核对结果有异议的，应向申请救助的社会救助管理部门提出。",
    "市场主体已注销",
    "公司股东，认缴出资 10 万元",
)


@pytest.mark.clause("LF-17")
@pytest.mark.parametrize("text", CONCLUSIONS)
def test_a_conclusion_is_found(text: str) -> None:
    assert lint_conclusion_words(text)


@pytest.mark.parametrize("text", FINDINGS)
def test_a_finding_is_left_alone(text: str) -> None:
    assert lint_conclusion_words(text) == []


def test_each_conclusion_of_a_text_is_named() -> None:
    found = lint_conclusion_words("经核对，该户不符合低保条件，建议停止。车辆 1 辆。")
    assert found == ["不符合低保条件", "建议停止"]
