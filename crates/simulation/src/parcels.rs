//! Messages on their way. Thousands are under way at once and arrive in another order: each lies in a place that the
//! next one takes over, where an allocation of its own would cost more than all else that is done to it.

/// Where a message lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parcel(u32);

/// All messages of one kind that are on their way.
pub(crate) struct Parcels<T> {
    places: Vec<Option<T>>,
    free: Vec<Parcel>,
}

impl<T> Default for Parcels<T> {
    fn default() -> Self {
        Self { places: Vec::new(), free: Vec::new() }
    }
}

impl<T> Parcels<T> {
    /// A message leaves.
    pub(crate) fn put(&mut self, message: T) -> Parcel {
        let parcel = self.free.pop().unwrap_or_else(|| {
            self.places.push(None);
            Parcel(u32::try_from(self.places.len() - 1).expect("fewer than 2^32 messages under way"))
        });
        self.places[parcel.0 as usize] = Some(message);
        parcel
    }

    /// A message that is under way.
    pub(crate) fn get(&self, parcel: Parcel) -> &T {
        self.places[parcel.0 as usize].as_ref().expect("it has not arrived yet")
    }

    /// It arrives, whether or not anybody is there.
    pub(crate) fn take(&mut self, parcel: Parcel) -> T {
        self.free.push(parcel);
        self.places[parcel.0 as usize].take().expect("a message arrives once")
    }
}
