"""What a family spends."""

from __future__ import annotations

from sources.kinds.fields import AMOUNT, DATE, MONTH, NUMBER, ONE, PERSON, TEXT, Category, field, person

EXPENDITURE = (
    Category(
        "EXP_MED",
        "医疗支出",
        (
            *person("患者身份证号 参保人身份证号", "患者姓名 参保人姓名"),
            field("date", DATE, "结算日期 就诊日期 费用日期 出院日期"),
            field("provider", TEXT, "医疗机构 就诊医院 定点医疗机构名称 医院名称 医疗机构名称"),
            field("kind", TEXT, "医疗类别 就诊类型 医疗类型"),
            field("total", AMOUNT, "医疗总费用 总费用 费用总额 医疗费总额", column=True),
            field("own", AMOUNT, "个人自付 个人自付金额 个人负担 自付金额 个人支付 个人负担金额"),
            field("fund", AMOUNT, "医保基金支付 统筹支付 报销金额 基金支付"),
        ),
        ONE,
        "date",
    ),
    Category(
        "EXP_EDU",
        "教育支出",
        (
            *person("学生身份证号 学生证件号码", "学生姓名"),
            field("school", TEXT, "学校名称 收费学校 学校 收费单位", column=True),
            field("kind", TEXT, "费用类型 收费项目 缴费项目"),
            field("date", DATE, "缴费日期 收费日期"),
            field("amount", AMOUNT, "缴费金额 教育支出 学杂费 收费金额 实缴金额", column=True),
        ),
        ONE,
        "date",
    ),
    Category(
        "EXP_HOUSE",
        "住房支出",
        (
            *PERSON,
            field("address", TEXT, "房屋地址 坐落 房屋坐落 住房地址"),
            field("kind", TEXT, "住房支出类型 支出类型 费用类型"),
            field("date", DATE, "支付日期 缴费日期 还款日期"),
            field("amount", AMOUNT, "住房支出 租金 房租 月供 按揭月供 物业费 支出金额", column=True),
        ),
        ONE,
        "date",
    ),
    Category(
        "EXP_UTIL",
        "水电气支出",
        (
            *person("户主身份证号 用户证件号码", "户名 用户名称 用户姓名"),
            field("account", TEXT, "用户编号 户号 用电户号 用户号 客户编号", column=True),
            field("kind", TEXT, "用能类型 费用类型 业务类型"),
            field("period", MONTH, "账期 计费月份 费用月份 用电月份 抄表月份"),
            field("quantity", NUMBER, "用量 用电量 用水量 用气量"),
            field("amount", AMOUNT, "费用金额 应缴金额 电费 水费 燃气费 缴费金额", column=True),
        ),
        ONE,
        "period",
    ),
    Category(
        "EXP_BIG",
        "大额支出",
        (
            *person("付款人身份证号 消费者身份证号", "付款人 付款人姓名 消费者姓名"),
            field("date", DATE, "消费日期 交易日期"),
            field("payee", TEXT, "商户名称 消费场所 收款方 收款单位 商家名称"),
            field("kind", TEXT, "消费类型 交易类型 消费类别"),
            field("amount", AMOUNT, "消费金额 交易金额", required=True),
        ),
        ONE,
        "date",
    ),
)
