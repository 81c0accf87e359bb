"""What an applicant states, in files: households, members, supporters.

Their numbers are judged where the household is put together.
"""

from __future__ import annotations

from sources.kinds.fields import AMOUNT, DATE, NUMBER, NUMBERS, TEXT, Category, field

HOUSEHOLDS = Category(
    "HOUSEHOLDS",
    "申请家庭",
    (
        field("household", TEXT, "家庭编号", required=True),
        field("head", TEXT, "申请人 申请人姓名 户主", column=True),
        field("number", TEXT, "申请人身份证号 申请人身份证号码 申请人公民身份号码", column=True),
        field("programme", TEXT, "救助类别 救助类型 申请类别", column=True),
        field("division", TEXT, "行政区划代码 区划代码"),
        field("unit", TEXT, "所属单位 上报单位"),
        field("address", TEXT, "地址 家庭住址 住址"),
        field("size", NUMBER, "家庭人口 家庭人数"),
        field("income", AMOUNT, "申报月收入合计 申报月收入"),
        field("deposits", AMOUNT, "申报存款"),
        field("vehicles", TEXT, "申报车辆"),
        field("dwellings", NUMBER, "申报房产套数 申报房产"),
        field("phone", TEXT, "联系电话 电话"),
        field("accepted_on", DATE, "受理日期"),
    ),
)
MEMBERS = Category(
    "MEMBERS",
    "家庭成员",
    (
        field("household", TEXT, "家庭编号", required=True),
        field("name", TEXT, "姓名", column=True),
        field("number", TEXT, NUMBERS, column=True),
        field("relation", TEXT, "与申请人关系 关系", column=True),
        field("ethnic", TEXT, "民族"),
        field("marital", TEXT, "婚姻状况"),
        field("health", TEXT, "健康状况"),
        field("disability", TEXT, "残疾证 残疾证号"),
        field("work", TEXT, "职业状况"),
        field("income", AMOUNT, "申报月收入"),
        field("guardian", TEXT, "监护人 法定监护人"),
        field("capacity", TEXT, "民事行为能力"),
    ),
)
SUPPORTERS = Category(
    "SUPPORTERS",
    "赡养抚养扶养义务人",
    (
        field("household", TEXT, "家庭编号", required=True),
        field("supported", TEXT, "被赡养人 被赡养抚养扶养人", column=True),
        field("name", TEXT, "姓名", column=True),
        field("number", TEXT, NUMBERS, column=True),
        field("relation", TEXT, "关系", column=True),
        field("amount", AMOUNT, "申报月赡养费 月赡养费"),
    ),
)
