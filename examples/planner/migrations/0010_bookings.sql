--@ revision 0010
--@ revises 0008

-- Rooms can be booked, and not twice at a time

--@ upgrade

CREATE TABLE bookings (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    room int4range NOT NULL,
    during tstzrange NOT NULL,
    member_business_id bigint NOT NULL,
    member_user_id bigint NOT NULL,
    CONSTRAINT bookings_member_fkey FOREIGN KEY (member_business_id, member_user_id)
        REFERENCES members ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT bookings_no_overlap EXCLUDE USING gist (room WITH &&, during WITH &&) WHERE (NOT isempty(during))
);
CREATE INDEX bookings_member_idx ON bookings (member_business_id, member_user_id);
CREATE INDEX bookings_during_idx ON bookings USING gist (during);

--@ downgrade

DROP TABLE bookings;
