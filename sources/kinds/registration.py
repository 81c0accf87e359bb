"""Businesses and social organisations."""

from __future__ import annotations

from sources.kinds.fields import AMOUNT, DATE, IDENTITY, NAME, NAMES, NUMBERS, ONE, TEXT, Category, field, person

REGISTRATION = (
    Category(
        "BIZ",
        "工商登记",
        (
            field("number", IDENTITY, NUMBERS, required=True),
            field("name", NAME, "法定代表人(经营者) 法定代表人 经营者 投资人 " + NAMES),
            field("uscc", TEXT, "统一社会信用代码 社会信用代码 注册号"),
            field("business", TEXT, "市场主体名称 企业名称 主体名称 名称"),
            field("type", TEXT, "主体类型 企业类型 市场主体类型"),
            field("capital", AMOUNT, "注册资本 注册资金"),
            field("founded", DATE, "成立日期 注册日期"),
            field("status", TEXT, "登记状态 经营状态 企业状态"),
            field("role", TEXT, "角色 职务 任职"),
        ),
        ONE,
    ),
    Category(
        "NPO",
        "社会组织登记",
        (
            *person(
                "法定代表人身份证号 负责人身份证号 法定代表人证件号码 负责人证件号码",
                "法定代表人 负责人 法定代表人姓名 负责人姓名",
            ),
            field("organisation", TEXT, "社会组织名称 组织名称 民办非企业单位名称 民非名称 社会组织全称", column=True),
            field("uscc", TEXT, "统一社会信用代码 社会信用代码 登记证号"),
            field("type", TEXT, "社会组织类型 组织类型 登记类型"),
            field("role", TEXT, "职务 角色 任职 人员类型"),
            field("founded", DATE, "成立日期 登记日期 成立登记日期"),
            field("status", TEXT, "登记状态 组织状态 状态"),
        ),
        ONE,
    ),
)
