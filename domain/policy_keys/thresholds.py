"""Thresholds of the doubt rules: no notice gives a figure, each is a parameter of the office."""

from __future__ import annotations

from typing import Any

from domain.policy_kinds import AMOUNT, TERM, PolicyKey, by, names, optional
from domain.workdays import Term

STANDARD_MONTH = PolicyKey(
    "doubt.standard_month", by(AMOUNT), "Monthly standard a head, by programme.", "月保障标准", "yuan"
)


def _threshold(name: str, doc: str, zh: str, unit: str) -> PolicyKey[Any]:
    return PolicyKey(f"doubt.{name}", optional(AMOUNT), doc, zh, unit)


def _look_back(name: str, doc: str, zh: str) -> PolicyKey[Term | None]:
    return PolicyKey(f"doubt.{name}", optional(TERM), doc, zh)


DOUBTS: tuple[PolicyKey[Any], ...] = (
    STANDARD_MONTH,
    _threshold("amount_tolerance", "Declared and found amounts may differ by so much a month.", "金额允许差", "yuan"),
    _threshold("income_tolerance_ratio", "Income may exceed the standard by this share.", "收入允许超出比例", "ratio"),
    _threshold("pension_tolerance", "Pension may exceed the declared one by so much.", "养老金允许差", "yuan a month"),
    _threshold("deposit_months", "Household deposits in months of the standard a head.", "存款折合标准月数", "months"),
    _threshold("large_movement", "A single movement on an account worth a question.", "大额变动", "yuan"),
    _threshold("dwellings", "More dwellings than this are a doubt.", "住房套数", "dwellings"),
    _threshold("area_per_head", "More dwelling area a head than this is a doubt.", "人均住房面积", "square metres"),
    _threshold("contribution_base", "A higher contribution base is a doubt.", "缴费基数", "yuan a month"),
    _threshold("fund_balance", "A higher housing fund balance is a doubt.", "公积金余额", "yuan"),
    _threshold("fund_withdrawal", "A higher undeclared withdrawal is a doubt.", "公积金提取", "yuan"),
    _threshold("security_value", "A higher market value is a doubt.", "有价证券市值", "yuan"),
    _threshold("insurance_premium", "A higher yearly premium is a doubt.", "年保费", "yuan"),
    _threshold("insurance_surrender", "A higher surrender value is a doubt.", "退保金额", "yuan"),
    _threshold("business_capital", "A higher registered capital is a doubt.", "注册资本", "yuan"),
    _threshold("vessel_tons", "A larger vessel is a doubt.", "船舶吨位", "tons"),
    _threshold("supporter_capacity", "Supporter's income in multiples of the standard.", "赡养能力倍数", "multiples"),
    _threshold("expenditure_ratio", "Expenditure in multiples of income.", "支出收入比", "ratio"),
    PolicyKey("doubt.vehicle_exempt_kinds", names(), "Vehicle kinds that are no doubt.", "豁免车辆类型"),
    _look_back("contribution_look_back", "Contributions this recent count.", "缴存回溯期"),
    _look_back("transfer_look_back", "Property transferred this recently is a doubt.", "房产转移回溯期"),
    _look_back("split_look_back", "A household split this recently is a doubt.", "分户回溯期"),
    _look_back("divorce_look_back", "A divorce this recent is a doubt.", "离婚回溯期"),
    _look_back("separation_term", "Living elsewhere this long needs the marker.", "人户分离期"),
    _look_back("max_data_age", "Older data is called stale.", "数据最长时效"),
    _look_back("fiscal_look_back", "Pay from public funds this recent is a doubt.", "财政供养回溯期"),
    _look_back("expenditure_look_back", "Expenditure this recent is averaged a month.", "支出回溯期"),
    _threshold("school_fee", "A higher yearly fee of a private school is a doubt.", "民办学校学费", "yuan a year"),
    _threshold("adult_age", "From this age a declared student must be enrolled.", "成年年龄", "years"),
    _threshold("labour_age", "Up to this age an adult may be able to work.", "劳动年龄上限", "years"),
    PolicyKey("doubt.exclusive_benefits", names(), "Benefits that do not go together.", "不得同时享受的待遇"),
    PolicyKey("doubt.switched_off", names(), "Codes of doubts that are not raised here.", "停用的疑点规则"),
)
