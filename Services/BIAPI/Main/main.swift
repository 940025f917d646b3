import BIAPI
