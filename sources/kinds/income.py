"""What comes in: wages, pensions, benefits, business, property, transfers."""

from __future__ import annotations

from sources.kinds.fields import AMOUNT, DATE, EMPLOYERS, MONTH, ONE, PERSON, TEXT, Category, field, person

INCOME = (
    Category(
        "WAGE",
        "固定性工资",
        (
            *PERSON,
            field("employer", TEXT, EMPLOYERS),
            field("month", MONTH, "所属期 工资月份 月份 发放月份"),
            field("base", AMOUNT, "基本工资"),
            field("allowance", AMOUNT, "津贴 津贴补贴"),
            field("gross", AMOUNT, "应发工资 应发工资合计 应发合计 应发数"),
            field("net", AMOUNT, "实发工资 实发 实发合计"),
        ),
        ONE,
        "month",
    ),
    Category(
        "FISCALPAY",
        "财政供养金",
        (
            *PERSON,
            field("unit", TEXT, "供养单位 预算单位 发放单位 单位名称"),
            field("kind", TEXT, "供养类型 供养性质 财政供养类型 人员性质 编制类型 供养类别", column=True),
            field("month", MONTH, "发放月份 发放年月 所属期 工资月份 月份"),
            field("amount", AMOUNT, "财政供养金额 发放金额 实发金额 应发金额 工资总额 月发放金额", column=True),
            field("status", TEXT, "供养状态 人员状态 状态"),
        ),
        ONE,
        "month",
    ),
    Category(
        "PENRCV",
        "养老保险金领取",
        (
            *PERSON,
            field("scheme", TEXT, "险种 参保险种 险种类型 养老保险类型"),
            field("month", MONTH, "待遇月份 发放月份 所属期 待遇所属期 发放年月"),
            field("amount", AMOUNT, "月待遇 待遇金额 月养老金 发放金额 月待遇金额 养老金", required=True),
            field("status", TEXT, "发放状态 领取状态 待遇状态"),
            field("remark", TEXT, "备注"),
        ),
        ONE,
        "month",
    ),
    Category(
        "UIRCV",
        "失业保险金领取",
        (
            *PERSON,
            field("start", MONTH, "领取起始年月 起始年月"),
            field("end", MONTH, "领取终止年月 终止年月"),
            field("amount", AMOUNT, "月标准 月领取金额"),
            field("total", AMOUNT, "累计金额"),
            field("office", TEXT, "经办机构"),
        ),
        ONE,
    ),
    Category(
        "BIZINC",
        "经营性收入",
        (
            *person("经营者身份证号 法定代表人身份证号 经营者证件号码", "经营者 经营者姓名 法定代表人"),
            field("business", TEXT, "纳税人名称 企业名称 字号 经营主体名称 市场主体名称 店铺名称"),
            field("uscc", TEXT, "统一社会信用代码 社会信用代码 纳税人识别号"),
            field("period", MONTH, "所属期 申报所属期 税款所属期 经营期间"),
            field("turnover", AMOUNT, "营业收入 销售收入 营业额 销售额 经营收入", column=True),
            field("profit", AMOUNT, "经营所得 利润总额 应纳税所得额 净利润"),
            field("tax", AMOUNT, "已缴税额 实缴税额 税额"),
            field("status", TEXT, "经营状态 状态"),
        ),
        ONE,
        "period",
    ),
    Category(
        "PROPINC",
        "财产性收入",
        (
            *PERSON,
            field("kind", TEXT, "财产性收入类型 收入类型 收入项目 所得类型 收益类型", column=True),
            field("payer", TEXT, "支付单位 付款单位 支付机构 金融机构 承租人"),
            field("period", MONTH, "收入月份 支付月份 所属期 支付日期 收入日期"),
            field(
                "amount",
                AMOUNT,
                "收入金额 利息金额 红利金额 分红金额 租金收入 收益金额 利息收入 租金 金额",
                column=True,
            ),
        ),
        ONE,
        "period",
    ),
    Category(
        "TRANSFER",
        "转移性收入",
        (
            *PERSON,
            field("kind", TEXT, "款项性质 补偿类型 转移性收入类型 赔偿类型 补助类型 赠与类型", column=True),
            field("payer", TEXT, "支付单位 发放单位 补偿单位 赔偿单位 付款单位"),
            field("date", DATE, "支付日期 发放日期 到账日期 补偿日期 赔偿日期"),
            field("amount", AMOUNT, "支付金额 补偿金额 赔偿金额 补助金额 救助金额 赠与金额 发放金额 金额", column=True),
        ),
        ONE,
        "date",
    ),
)
