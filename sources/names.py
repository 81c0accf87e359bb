"""Names of people as different departments write them: one folded form, and three degrees of likeness."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

_DOTS = frozenset("·•‧・．.｡。˙∙⋅●‣‐-–—")
_LOST = frozenset("?？〓□■▢*＊�")
_SUFFIX = re.compile(r"[(（\[【<〈].*$")
_TAIL = re.compile(r"[0-9A-Za-z]+$")

# Traditional or variant form -> the form used here. Only characters met in names; a likeness found through
# this table is never equality: two people may differ by exactly this character.
_VARIANTS = str.maketrans(
    "張劉陳楊趙黃吳孫馬羅鄭謝許鄧馮韓葉蘇呂盧蔣賈鍾鐘譚陸鄒龍萬錢湯賀顧龔嚴華國蘭麗鳳軍偉強紅豔艷雲飛東慶寶貴榮義禮維凱風蓮"
    "鵬鴻鶴鋒鐵鋼銀銘錦靜學長顯寧樂繼緒紹紀純練經習書喬儀倫會傳俠儉儲兒興養沖淨剛創劍勞勳衛發員園圍圖圓聖場堅壯聲婦嬌嫻婭嬋實憲"
    "寬賓壽將爾堯嵐崗嶺鞏師帥帶廣莊應龐開異張彌歸錄彥徹憶懷戀恆戰揚撫斬時曉曄暢術機權條楨標樹橋歐歡歲殘氣漢溫滿澤潔濟濤瀾灣燈燦"
    "愛畫盡監盤碩禎種穎窮競筆節範簡籌糧紅約級納紋紐紗組終結給絡統絹綠網綱綺綿緣縣總績織繪罷聯聰肅膽臨舊艦藝蔭薩藍蘊處號蝦補裝複"
    "覺覽觀計記講詠試詩誠話該詳語誤說調談請論諸諾謀謙證識譽讀變讓豐貞財貢貨質購賢賜賴贊趨躍車軒輝輪農運過達遠適選遲邁還邊鄉醫釋針鎮"
    "鏡鑒門閃間閔閣闊關陰陽際陝隨險隱隸雙雜離難電靈鞠韋韻頁順須頌預領頭題顏願類餘駿驊驍驕驥魚魯鮮鳥鳴鷹麥齊齡",
    "张刘陈杨赵黄吴孙马罗郑谢许邓冯韩叶苏吕卢蒋贾钟钟谭陆邹龙万钱汤贺顾龚严华国兰丽凤军伟强红艳艳云飞东庆宝贵荣义礼维凯风莲"
    "鹏鸿鹤锋铁钢银铭锦静学长显宁乐继绪绍纪纯练经习书乔仪伦会传侠俭储儿兴养冲净刚创剑劳勋卫发员园围图圆圣场坚壮声妇娇娴娅婵实宪"
    "宽宾寿将尔尧岚岗岭巩师帅带广庄应庞开异张弥归录彦彻忆怀恋恒战扬抚斩时晓晔畅术机权条桢标树桥欧欢岁残气汉温满泽洁济涛澜湾灯灿"
    "爱画尽监盘硕祯种颖穷竞笔节范简筹粮红约级纳纹纽纱组终结给络统绢绿网纲绮绵缘县总绩织绘罢联聪肃胆临旧舰艺荫萨蓝蕴处号虾补装复"
    "觉览观计记讲咏试诗诚话该详语误说调谈请论诸诺谋谦证识誉读变让丰贞财贡货质购贤赐赖赞趋跃车轩辉轮农运过达远适选迟迈还边乡医释针镇"
    "镜鉴门闪间闵阁阔关阴阳际陕随险隐隶双杂离难电灵鞠韦韵页顺须颂预领头题颜愿类余骏骅骁骄骥鱼鲁鲜鸟鸣鹰麦齐龄",
)


class Likeness(StrEnum):
    """How two names compare."""

    SAME = "same"
    POSSIBLE = "possible"
    DIFFERENT = "different"


def fold(name: str) -> str:
    """A name without blanks, invisible characters and the many forms of the middle dot; NFKC, upper case."""
    folded = unicodedata.normalize("NFKC", name)
    return "".join(
        c for c in folded if c not in _DOTS and not c.isspace() and unicodedata.category(c) not in ("Cf", "Cc")
    ).upper()


def compare(left: str, right: str) -> Likeness:
    """Compare two written names.

    SAME: equal when folded. POSSIBLE: equal but for a remark in brackets or a trailing mark, a traditional
    form, or characters that a department's system lost ("?", "〓") or wrote in letters. Else DIFFERENT.
    """
    a, b = fold(left), fold(right)
    if a == b:
        return Likeness.SAME
    a, b = (_SUFFIX.sub("", x).translate(_VARIANTS) for x in (a, b))
    if a and b and (a == b or _lost_characters(a, b) or _lost_characters(b, a) or _untailed(a) == _untailed(b)):
        return Likeness.POSSIBLE
    return Likeness.DIFFERENT


def _untailed(folded: str) -> str:
    # A trailing number tells namesakes apart in some systems; a name wholly in letters is left alone.
    return _TAIL.sub("", folded) or folded


def _lost_characters(damaged: str, whole: str) -> bool:
    """True when `damaged` is `whole` with some characters lost or written in letters; at least one must remain."""
    pieces = re.findall(r"[?？〓□■▢*＊�]|[A-Z]+|.", damaged)
    marks = [p in _LOST or (p.isascii() and p.isalpha()) for p in pieces]
    if not any(marks) or all(marks) or len(pieces) != len(whole):
        return False
    return all(mark or piece == char for piece, mark, char in zip(pieces, marks, whole, strict=True))
