"""Assistance that is paid."""

from __future__ import annotations

from sources.kinds.fields import AMOUNT, MONTH, ONE, TEXT, Category, field, person

ASSIST = (
    Category(
        "ASSIST",
        "在享救助与发放",
        (
            *person("保障对象身份证号 救助对象身份证号", "保障对象姓名 救助对象姓名 保障对象"),
            field("programme", TEXT, "救助项目 救助类别 救助类型 保障类别 低保类别 待遇类型 补助项目", column=True),
            field("area", TEXT, "城乡类别 城乡属性 城乡类型 城乡 户口城乡属性"),
            field("household", TEXT, "家庭编号 户编号 救助证号 低保证号 保障证号"),
            field("month", MONTH, "发放月份 发放年月 待遇月份 补助月份 所属期"),
            field("amount", AMOUNT, "发放金额 救助金额 补助金额 保障金额 月保障金 实发金额", column=True),
            field("card", TEXT, "一卡通账号 银行卡号 发放账号 银行账号"),
            field("county", TEXT, "发放地区 发放区县 县区 所属县区"),
            field("status", TEXT, "发放状态 享受状态 状态"),
        ),
        ONE,
        "month",
    ),
)
