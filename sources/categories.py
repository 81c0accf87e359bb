"""What each department file says: the fields of a category and the headings under which they arrive (model 2.3).

Data, no rules. A heading matches when it equals one of a field's labels after folding (NFKC, no blanks,
brackets dropped if need be). Labels that mean different things in different files stand only where safe.
"""

from __future__ import annotations

from dataclasses import dataclass

TEXT, DATE, MONTH, AMOUNT, NUMBER = "text", "date", "month", "amount", "number"
IDENTITY, CERTIFICATE, NAME = "identity", "certificate", "name"


@dataclass(frozen=True, slots=True)
class Field:
    """One field: code used in results, kind of value, labels of headings (the first is the official one).

    required: a row without it is rejected. column: a file without the column is refused (required implies it).
    """

    code: str
    kind: str
    labels: tuple[str, ...]
    required: bool = False
    column: bool = False


@dataclass(frozen=True, slots=True)
class SubjectColumns:
    """Where a person stands in a row: codes of the number and name fields, the role, several in one cell or not."""

    number: str
    name: str
    role: str = ""
    several: bool = False


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of file. subjects is empty for files that are not matched (declarations).

    dated_by: code of the field that says of which day or month the row speaks; "" when the delivery's date holds.
    """

    code: str
    chinese: str
    fields: tuple[Field, ...]
    subjects: tuple[SubjectColumns, ...] = ()
    dated_by: str = ""


def _f(code: str, kind: str, labels: str, *, required: bool = False, column: bool = False) -> Field:
    return Field(code, kind, tuple(labels.split()), required, required or column)


_NUMBER = (
    "身份证号 身份证号码 公民身份号码 公民身份证号 公民身份证号码 居民身份证号 居民身份证号码 证件号码 证件号 "
    "身份证件号码 身份证件号 身份证明号码 社会保障号码 社会保障号 社保号 身份号码 客户证件号码"
)
_NAME = "姓名 人员姓名 客户姓名"
_PERSON = (_f("number", IDENTITY, _NUMBER, required=True), _f("name", NAME, _NAME))
_ONE = (SubjectColumns("number", "name"),)
_EMPLOYER = "单位名称 工作单位 缴存单位 用人单位 所在单位"

_CATEGORIES = (
    Category(
        "DEPOSIT",
        "银行存款",
        (
            _f("number", IDENTITY, _NUMBER, required=True),
            _f("name", NAME, "户名 账户名称 存款人姓名 客户名称 " + _NAME),
            _f("bank", TEXT, "开户银行 开户行 银行名称 金融机构 开户机构 开户网点"),
            _f("account", TEXT, "账号 银行账号 账户账号 卡号 银行卡号 账号/卡号 卡号/账号"),
            _f("kind", TEXT, "账户种类 账户类型 产品类型 存款种类 账户类别"),
            _f("currency", TEXT, "币种"),
            _f("balance", AMOUNT, "账户余额 余额 存款余额 当前余额 期末余额", required=True),
            _f("data_date", DATE, "查询时点 余额日期 查询日期 截止日期 数据日期 时点"),
        ),
        _ONE,
        "data_date",
    ),
    Category(
        "VEHICLE",
        "车辆",
        (
            _f("number", IDENTITY, _NUMBER, required=True),
            _f("name", NAME, "机动车所有人 所有人 车主 车主姓名 所有人姓名 " + _NAME),
            _f("plate_kind", TEXT, "号牌种类"),
            _f("plate", TEXT, "号牌号码 车牌号 车牌号码 号牌", required=True),
            _f("type", TEXT, "车辆类型 车型"),
            _f("brand", TEXT, "品牌型号 厂牌型号 中文品牌 车辆品牌 品牌"),
            _f("first_registration", DATE, "初次登记日期 注册日期 登记日期 注册登记日期"),
            _f("displacement", NUMBER, "排量"),
            _f("use", TEXT, "使用性质"),
            _f("status", TEXT, "机动车状态 车辆状态 状态"),
        ),
        _ONE,
    ),
    Category(
        "HOUSE",
        "房产",
        (
            _f("number", IDENTITY, "权利人证件号 权利人证件号码 权利人身份证号 " + _NUMBER, required=True),
            _f("owners", NAME, "权利人 权利人名称 产权人 权利人姓名 产权人姓名 " + _NAME),
            _f("certificate", TEXT, "不动产权证书号 不动产权证号 产权证号 证书号 不动产权证 房产证号"),
            _f("sharing", TEXT, "共有情况 共有方式"),
            _f("address", TEXT, "坐落 房屋坐落 不动产坐落 地址 房屋地址"),
            _f("area", NUMBER, "建筑面积 面积 房屋面积"),
            _f("use", TEXT, "用途 规划用途 房屋用途"),
            _f("registered", DATE, "登记时间 登记日期"),
            _f("status", TEXT, "权属状态 状态"),
            _f("price", AMOUNT, "交易价格 成交价格 登记价格"),
        ),
        (SubjectColumns("number", "owners", several=True),),
    ),
    Category(
        "PENRCV",
        "养老保险金领取",
        (
            *_PERSON,
            _f("scheme", TEXT, "险种 参保险种 险种类型 养老保险类型"),
            _f("month", MONTH, "待遇月份 发放月份 所属期 待遇所属期 发放年月"),
            _f("amount", AMOUNT, "月待遇 待遇金额 月养老金 发放金额 月待遇金额 养老金", required=True),
            _f("status", TEXT, "发放状态 领取状态 待遇状态"),
            _f("remark", TEXT, "备注"),
        ),
        _ONE,
        "month",
    ),
    Category(
        "BIZ",
        "工商登记",
        (
            _f("number", IDENTITY, _NUMBER, required=True),
            _f("name", NAME, "法定代表人(经营者) 法定代表人 经营者 投资人 " + _NAME),
            _f("uscc", TEXT, "统一社会信用代码 社会信用代码 注册号"),
            _f("business", TEXT, "市场主体名称 企业名称 主体名称 名称"),
            _f("type", TEXT, "主体类型 企业类型 市场主体类型"),
            _f("capital", AMOUNT, "注册资本 注册资金"),
            _f("founded", DATE, "成立日期 注册日期"),
            _f("status", TEXT, "登记状态 经营状态 企业状态"),
            _f("role", TEXT, "角色 职务 任职"),
        ),
        _ONE,
    ),
    Category(
        "DEATH",
        "死亡",
        (
            *_PERSON,
            _f("died", DATE, "死亡日期 死亡时间", required=True),
            _f("cause", TEXT, "死亡原因"),
            _f("office", TEXT, "登记单位 登记机关"),
            _f("deregistered", DATE, "户口注销日期 注销日期"),
        ),
        _ONE,
    ),
    Category(
        "MARRIAGE",
        "婚姻",
        (
            _f("husband_number", IDENTITY, "男方身份证件号 男方身份证号 男方身份证号码 男方证件号码", required=True),
            _f("husband", NAME, "男方姓名 男方"),
            _f("wife_number", IDENTITY, "女方身份证件号 女方身份证号 女方身份证号码 女方证件号码", required=True),
            _f("wife", NAME, "女方姓名 女方"),
            _f("event", TEXT, "业务类型 登记类型"),
            _f("date", DATE, "登记日期 办理日期"),
            _f("certificate", TEXT, "证件字号 结婚证字号 证书字号"),
            _f("office", TEXT, "登记机关"),
        ),
        (SubjectColumns("husband_number", "husband", "husband"), SubjectColumns("wife_number", "wife", "wife")),
    ),
    Category(
        "DISAB",
        "残疾",
        (
            _f("certificate", CERTIFICATE, "残疾证号 残疾人证号 残疾证号码 残疾人证号码", required=True),
            _f("name", NAME, _NAME),
            _f("kind", TEXT, "残疾类别 残疾类型"),
            _f("grade", TEXT, "残疾等级 等级"),
            _f("issued", DATE, "发证日期"),
            _f("valid_until", DATE, "有效期至 有效期止"),
            _f("status", TEXT, "证件状态 状态"),
            _f("guardian", TEXT, "监护人"),
        ),
        (SubjectColumns("certificate", "name"),),
    ),
    Category(
        "WAGE",
        "固定性工资",
        (
            *_PERSON,
            _f("employer", TEXT, _EMPLOYER),
            _f("month", MONTH, "所属期 工资月份 月份 发放月份"),
            _f("base", AMOUNT, "基本工资"),
            _f("allowance", AMOUNT, "津贴 津贴补贴"),
            _f("gross", AMOUNT, "应发工资 应发工资合计 应发合计 应发数"),
            _f("net", AMOUNT, "实发工资 实发 实发合计"),
        ),
        _ONE,
        "month",
    ),
    Category(
        "TAX",
        "税费",
        (
            _f("number", IDENTITY, _NUMBER, required=True),
            _f("name", NAME, "纳税人姓名 纳税人名称 " + _NAME),
            _f("item", TEXT, "所得项目 税种 征收项目"),
            _f("since", DATE, "税款所属期起 所属期起"),
            _f("until", DATE, "税款所属期止 所属期止"),
            _f("income", AMOUNT, "收入额 收入"),
            _f("tax", AMOUNT, "应补(退)税额 税额 已缴税额 实缴税额"),
            _f("withholder", TEXT, "扣缴义务人名称 扣缴义务人"),
        ),
        _ONE,
        "until",
    ),
    Category(
        "HPF",
        "公积金",
        (
            *_PERSON,
            _f("account", TEXT, "个人账号 公积金账号"),
            _f("employer", TEXT, _EMPLOYER),
            _f("base", AMOUNT, "缴存基数"),
            _f("monthly", AMOUNT, "月缴存额"),
            _f("balance", AMOUNT, "账户余额 余额"),
            _f("paid_until", MONTH, "缴至年月"),
            _f("status", TEXT, "账户状态 状态"),
        ),
        _ONE,
        "paid_until",
    ),
    Category(
        "UIRCV",
        "失业保险金领取",
        (
            *_PERSON,
            _f("start", MONTH, "领取起始年月 起始年月"),
            _f("end", MONTH, "领取终止年月 终止年月"),
            _f("amount", AMOUNT, "月标准 月领取金额"),
            _f("total", AMOUNT, "累计金额"),
            _f("office", TEXT, "经办机构"),
        ),
        _ONE,
    ),
    Category(
        "PRISON",
        "服刑人员",
        (
            *_PERSON,
            _f("crime", TEXT, "罪名"),
            _f("since", DATE, "刑期起"),
            _f("until", DATE, "刑期止"),
            _f("place", TEXT, "羁押场所 服刑场所"),
            _f("status", TEXT, "状态"),
        ),
        _ONE,
    ),
)

CATEGORIES: dict[str, Category] = {category.code: category for category in _CATEGORIES}

# Declarations: what the applicant states. Their numbers are judged where the household is put together.
HOUSEHOLDS = Category(
    "HOUSEHOLDS",
    "申请家庭",
    (
        _f("household", TEXT, "家庭编号", required=True),
        _f("head", TEXT, "申请人 申请人姓名 户主", column=True),
        _f("number", TEXT, "申请人身份证号 申请人身份证号码 申请人公民身份号码", column=True),
        _f("programme", TEXT, "救助类别 救助类型 申请类别", column=True),
        _f("division", TEXT, "行政区划代码 区划代码"),
        _f("unit", TEXT, "所属单位 上报单位"),
        _f("address", TEXT, "地址 家庭住址 住址"),
        _f("size", NUMBER, "家庭人口 家庭人数"),
        _f("income", AMOUNT, "申报月收入合计 申报月收入"),
        _f("deposits", AMOUNT, "申报存款"),
        _f("vehicles", TEXT, "申报车辆"),
        _f("dwellings", NUMBER, "申报房产套数 申报房产"),
        _f("phone", TEXT, "联系电话 电话"),
        _f("accepted_on", DATE, "受理日期"),
    ),
)
MEMBERS = Category(
    "MEMBERS",
    "家庭成员",
    (
        _f("household", TEXT, "家庭编号", required=True),
        _f("name", TEXT, "姓名", column=True),
        _f("number", TEXT, _NUMBER, column=True),
        _f("relation", TEXT, "与申请人关系 关系", column=True),
        _f("ethnic", TEXT, "民族"),
        _f("marital", TEXT, "婚姻状况"),
        _f("health", TEXT, "健康状况"),
        _f("disability", TEXT, "残疾证 残疾证号"),
        _f("work", TEXT, "职业状况"),
        _f("income", AMOUNT, "申报月收入"),
        _f("guardian", TEXT, "监护人 法定监护人"),
        _f("capacity", TEXT, "民事行为能力"),
    ),
)
SUPPORTERS = Category(
    "SUPPORTERS",
    "赡养抚养扶养义务人",
    (
        _f("household", TEXT, "家庭编号", required=True),
        _f("supported", TEXT, "被赡养人 被赡养抚养扶养人", column=True),
        _f("name", TEXT, "姓名", column=True),
        _f("number", TEXT, _NUMBER, column=True),
        _f("relation", TEXT, "关系", column=True),
        _f("amount", AMOUNT, "申报月赡养费 月赡养费"),
    ),
)
DECLARATIONS: dict[str, Category] = {c.code: c for c in (HOUSEHOLDS, SUPPORTERS, MEMBERS)}
READABLE: dict[str, Category] = CATEGORIES | DECLARATIONS
