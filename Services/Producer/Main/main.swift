import Producer
