//! Consumers driven by hand: every test says what arrives and looks at the exact list of what the member does.

mod close;
mod connections;
mod consumer_protocol;
mod consumer_protocol_states;
mod errors;
mod franz_go;
mod franz_go_consumer_protocol;
mod hand;
mod join;
mod librdkafka;
mod librdkafka_commit;
mod librdkafka_consumer_protocol;
mod random;
mod routine;
mod slots;
