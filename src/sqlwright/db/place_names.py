"""Chinese names of countries and large cities, and the English names and codes under which databases store them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

# Chinese names, then stored forms in lower case, divided by "=" and ",". Codes of countries are ISO 3166.
_PLACES = """
中国=china,cn,chn;美国=united states,usa,us,united states of america
英国=united kingdom,uk,gb,gbr,great britain,england;德国=germany,de,deu;法国=france,fr,fra;西班牙=spain,es,esp
意大利=italy,it,ita;荷兰=netherlands,nl,nld,holland;葡萄牙=portugal,pt,prt;波兰=poland,pl,pol;瑞典=sweden,se,swe
挪威=norway,no,nor;丹麦=denmark,dk,dnk;芬兰=finland,fi,fin;瑞士=switzerland,ch,che;奥地利=austria,at,aut
比利时=belgium,be,bel;爱尔兰=ireland,ie,irl;希腊=greece,gr,grc;俄罗斯=russia,ru,rus,russian federation
乌克兰=ukraine,ua,ukr;土耳其=turkey,tr,tur;捷克=czech republic,czechia,cz,cze;匈牙利=hungary,hu,hun
罗马尼亚=romania,ro,rou;加拿大=canada,ca,can;墨西哥=mexico,mx,mex;巴西=brazil,br,bra;阿根廷=argentina,ar,arg
智利=chile,cl,chl;哥伦比亚=colombia,co,col;秘鲁=peru,pe,per;委内瑞拉=venezuela,ve,ven;日本=japan,jp,jpn
韩国=south korea,korea,kr,kor;朝鲜=north korea,kp,prk;印度=india,in,ind;印度尼西亚,印尼=indonesia,id,idn
泰国=thailand,th,tha;越南=vietnam,vn,vnm;新加坡=singapore,sg,sgp;马来西亚=malaysia,my,mys
菲律宾=philippines,ph,phl;澳大利亚,澳洲=australia,au,aus;新西兰=new zealand,nz,nzl;南非=south africa,za,zaf
埃及=egypt,eg,egy;肯尼亚=kenya,ke,ken;尼日利亚=nigeria,ng,nga;以色列=israel,il,isr
沙特阿拉伯,沙特=saudi arabia,sa,sau;阿联酋=united arab emirates,ae,are;伊朗=iran,ir,irn;伊拉克=iraq,iq,irq
巴基斯坦=pakistan,pk,pak;台湾=taiwan,tw,twn;香港=hong kong,hk,hkg;澳门=macau,macao,mo;亚洲=asia;欧洲=europe
非洲=africa;北美洲,北美=north america;南美洲,南美=south america;大洋洲=oceania;南极洲=antarctica;北京=beijing
上海=shanghai;广州=guangzhou;深圳=shenzhen;成都=chengdu;杭州=hangzhou;武汉=wuhan;南京=nanjing;西安=xi'an,xian
重庆=chongqing;天津=tianjin;苏州=suzhou;青岛=qingdao;厦门=xiamen;纽约=new york,new york city;洛杉矶=los angeles
芝加哥=chicago;旧金山=san francisco;波士顿=boston;西雅图=seattle;休斯顿,休斯敦=houston;迈阿密=miami
华盛顿=washington;费城=philadelphia;达拉斯=dallas;丹佛=denver;奥斯汀=austin;亚特兰大=atlanta;伦敦=london
曼彻斯特=manchester;巴黎=paris;里昂=lyon;柏林=berlin;汉堡=hamburg;慕尼黑=munich,münchen;法兰克福=frankfurt
科隆=cologne,köln;罗马=rome;米兰=milan;马德里=madrid;巴塞罗那=barcelona;里斯本=lisbon;阿姆斯特丹=amsterdam
布鲁塞尔=brussels;维也纳=vienna;苏黎世=zurich,zürich;日内瓦=geneva;斯德哥尔摩=stockholm;奥斯陆=oslo
哥本哈根=copenhagen;赫尔辛基=helsinki;莫斯科=moscow;华沙=warsaw;布拉格=prague;布达佩斯=budapest;雅典=athens
都柏林=dublin;东京=tokyo;大阪=osaka;首尔=seoul;釜山=busan;曼谷=bangkok;孟买=mumbai;新德里,德里=new delhi,delhi
悉尼=sydney;墨尔本=melbourne;多伦多=toronto;温哥华=vancouver;蒙特利尔=montreal,montréal
圣保罗=são paulo,sao paulo;里约热内卢=rio de janeiro;布宜诺斯艾利斯=buenos aires;墨西哥城=mexico city;开罗=cairo
迪拜=dubai
"""


@lru_cache(maxsize=1)
def place_names() -> dict[str, tuple[str, ...]]:
    """Stored forms by Chinese name."""
    return dict(_read())


def _read() -> Iterator[tuple[str, tuple[str, ...]]]:
    for entry in _PLACES.replace("\n", ";").strip(";").split(";"):
        chinese, _, stored = entry.partition("=")
        for name in chinese.split(","):
            yield name, tuple(stored.split(","))
