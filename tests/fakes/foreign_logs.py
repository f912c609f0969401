# ruff: noqa: RUF001  # Chinese and Japanese have their own punctuation
"""Log lines in Korean, Chinese and Japanese, in the encodings that they are found in."""

from __future__ import annotations

import random
from typing import Final

KOREAN: Final = [
    "2026-11-24 10:00:00 INFO 수납 서버를 시작했습니다",
    "2026-11-24 10:00:01 ERROR 결제 오류: 카드사 응답이 없습니다 (거래 88)",
    "2026-11-24 10:00:02 WARN 데이터베이스 연결이 끊어져 다시 시도합니다",
    "2026-11-24 10:00:03 INFO 환자 접수가 완료되었습니다",
    "2026-11-24 10:00:04 ERROR 검사 결과 파일을 저장하지 못했습니다: 디스크 공간 부족",
]
CHINESE: Final = [
    "2026-11-24 10:00:00 INFO 收费服务器已启动",
    "2026-11-24 10:00:01 ERROR 支付错误：银行没有响应（交易 88）",
    "2026-11-24 10:00:02 WARN 数据库连接已断开，正在重试",
    "2026-11-24 10:00:03 INFO 患者挂号完成",
    "2026-11-24 10:00:04 ERROR 无法保存检查结果文件：磁盘空间不足",
]
JAPANESE: Final = [
    "2026-11-24 10:00:00 INFO 会計サーバーを開始しました",
    "2026-11-24 10:00:01 ERROR 決済エラー: カード会社から応答がありません (取引 88)",
    "2026-11-24 10:00:02 WARN データベース接続が切れたため、再試行します",
    "2026-11-24 10:00:03 INFO 患者の受付が完了しました",
    "2026-11-24 10:00:04 ERROR 検査結果のファイルを保存できませんでした",
]
LINES: Final = {"cp949": KOREAN, "euc-kr": KOREAN, "gb18030": CHINESE, "gbk": CHINESE, "shift_jis": JAPANESE}
_WORDS: Final = {
    "cp949": (
        "서버가 연결을 거부했습니다 오류가 발생하여 작업을 중단합니다 "
        "사용자 로그인 실패 비밀번호 확인 필요 파일을 찾을 수 없음 처방 전송 "
        "완료 검체 바코드 중복 진료비 계산 백업 시작 재시도 횟수 초과 "
        "네트워크 상태 불안정 응답 시간 지연 설정값 변경 권한 없음 영상 판독 "
        "대기"
    ),
    "gb18030": (
        "服务器拒绝连接 发生错误 操作已停止 用户登录失败 请检查密码 "
        "找不到文件 处方发送完成 样本条码重复 费用计算 开始备份 "
        "超过重试次数 网络状态不稳定 响应时间过长 配置已更改 没有权限 "
        "影像等待诊断 缴费成功 住院登记 药品库存不足 接口调用异常"
    ),
    "cp932": (
        "サーバーが接続を拒否しました "
        "エラーが発生したため処理を中止します ログインに失敗 "
        "パスワードを確認してください ファイルが見つかりません "
        "処方を送信しました バーコードの重複 診療費の計算 "
        "バックアップを開始 再試行回数を超えました 応答が遅れています "
        "権限がありません"
    ),
}


def generated(codec: str, count: int, seed: int) -> list[bytes]:
    """Lines of a few random words and numbers in the language that is written in `codec`."""
    chance = random.Random(seed)  # lines, no secret
    words = _WORDS[codec].split()
    lines = []
    for number in range(count):
        text = " ".join(chance.choices(words, k=chance.randint(2, 7)))
        lines.append(f"2026-11-24 10:00:{number % 60:02d} ERROR [{chance.randint(1, 99)}] {text}".encode(codec))
    return lines
