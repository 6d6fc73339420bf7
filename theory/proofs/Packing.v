(* Packs of two independent samples on a finite space: their total variation. *)

From Coq Require Import Reals Lra Lia.
From Theory Require Import Sums Formulas Discriminator JensenShannon Saturation Divergences.
Open Scope R_scope.

(* The total variation of the packs (i, j), which have the masses p_i p_j and q_i q_j. *)
Definition TV_of_pairs (n : nat) (p q : nat -> R) : R :=
  sum n (fun i => sum n (fun j => variation (pair (p i) (p j)) (pair (q i) (q j)))).

Lemma pairs_read : forall n p q,
  TV_of_pairs n p q = sum n (fun i => sum n (fun j => Rabs (p i * p j - q i * q j) / 2)).
Proof.
  intros. unfold TV_of_pairs. apply sum_same. intros i _. apply sum_same. intros j _.
  rewrite variation_reads. unfold pair. reflexivity.
Qed.

(* min(p, q) = (p + q)/2 - |p - q|/2 sums up to 1 - TV. *)
Lemma overlap : forall n p q, law n p -> law n q ->
  sum n (fun i => Rmin (p i) (q i)) = 1 - TV n p q.
Proof.
  intros n p q [_ wp] [_ wq].
  rewrite (sum_same n _ (fun i => / 2 * (p i + q i) - variation (p i) (q i))).
  - rewrite sum_subtract, sum_scale, sum_add, wp, wq. unfold TV. field.
  - intros i _. rewrite variation_reads. unfold Rmin, Rabs.
    destruct (Rle_dec (p i) (q i)), (Rcase_abs (p i - q i)); lra.
Qed.

Lemma variation_and_minimum : forall x y, Rabs (x - y) / 2 = / 2 * (x + y) - Rmin x y.
Proof.
  intros. unfold Rmin, Rabs. destruct (Rle_dec x y), (Rcase_abs (x - y)); lra.
Qed.

Lemma minimum_of_products : forall a b c d, 0 <= a -> 0 <= b -> 0 <= c -> 0 <= d ->
  Rmin a b * Rmin c d <= Rmin (a * c) (b * d).
Proof.
  intros a b c d na nb nc nd.
  assert (least : forall x y, 0 <= x -> 0 <= y -> 0 <= Rmin x y /\ Rmin x y <= x /\ Rmin x y <= y).
  { intros x y nx ny. unfold Rmin. destruct (Rle_dec x y); lra. }
  destruct (least a b na nb) as [n1 [l1 r1]], (least c d nc nd) as [n2 [l2 r2]].
  apply Rmin_glb; apply Rmult_le_compat; assumption.
Qed.

(* Claim A-MC-14: on finite spaces a pack of two is told apart no worse than one sample,
   and at best 1 - (1 - TV)^2. *)
Theorem packed_variation : forall n p q, law n p -> law n q ->
  TV n p q <= TV_of_pairs n p q <= largest_variation (TV n p q).
Proof.
  intros n p q lp lq. rewrite pairs_read.
  pose proof lp as [np wp]. pose proof lq as [nq wq].
  split.
  - unfold TV. apply sum_below. intros i here. rewrite variation_reads.
    replace (p i - q i) with (sum n (fun j => p i * p j - q i * q j)).
    + pose proof (sum_size n (fun j => p i * p j - q i * q j)) as size.
      cbv beta in size.
      rewrite (sum_same n (fun j => Rabs (p i * p j - q i * q j) / 2)
        (fun j => / 2 * Rabs (p i * p j - q i * q j))).
      * rewrite sum_scale. lra.
      * intros j _. field.
    + rewrite sum_subtract, !sum_scale, wp, wq. ring.
  - replace (largest_variation (TV n p q)) with (1 - (1 - TV n p q) * (1 - TV n p q))
      by (unfold largest_variation; ring).
    rewrite <- (overlap n p q lp lq).
    assert (product : forall f g : nat -> R,
      sum n f * sum n g = sum n (fun i => sum n (fun j => f i * g j))).
    { intros f g. rewrite (sum_same n (fun i => sum n (fun j => f i * g j))
        (fun i => sum n g * f i)).
      - rewrite sum_scale. ring.
      - intros i _. rewrite sum_scale. ring. }
    replace 1 with (/ 2 * (sum n p * sum n p + sum n q * sum n q)) at 1
      by (rewrite wp, wq; field).
    rewrite !product, <- sum_add, <- sum_scale, <- sum_subtract.
    apply sum_below. intros i here.
    rewrite <- sum_add, <- sum_scale, <- sum_subtract.
    apply sum_below. intros j there. rewrite variation_and_minimum.
    pose proof (minimum_of_products (p i) (q i) (p j) (q j)
      (np i here) (nq i here) (np j there) (nq j there)). lra.
Qed.

(* Claim A-MC-14: the bound is reached, by (tau, 1 - tau) against (0, 1): total loss of a share tau
   of the data. *)
Theorem packed_variation_reached : forall tau, 0 <= tau <= 1 ->
  let p := fun i => match i with O => tau | _ => 1 - tau end in
  let q := fun i => match i with O => 0 | _ => 1 end in
  law 2 p /\ law 2 q /\ TV 2 p q = tau /\ TV_of_pairs 2 p q = largest_variation tau.
Proof.
  intros tau inside p q.
  assert (lp : law 2 p) by (split; [intros [| i] _ | ]; simpl; lra).
  assert (lq : law 2 q) by (split; [intros [| i] _ | ]; simpl; lra).
  assert (sizes : forall x y s, 0 <= s -> (x - y = s \/ x - y = - s) -> Rabs (x - y) = s).
  { intros x y s ns [-> | ->]; [| rewrite Rabs_Ropp]; apply Rabs_right; lra. }
  repeat split; try apply lp; try apply lq.
  - unfold TV. simpl. rewrite !variation_reads.
    rewrite (sizes tau 0 tau), (sizes (1 - tau) 1 tau); lra.
  - rewrite pairs_read. unfold largest_variation. simpl.
    rewrite (sizes (tau * tau) (0 * 0) (tau * tau)),
      (sizes (tau * (1 - tau)) (0 * 1) (tau * (1 - tau))),
      (sizes ((1 - tau) * tau) (1 * 0) ((1 - tau) * tau)),
      (sizes ((1 - tau) * (1 - tau)) (1 * 1) (1 - (1 - tau) * (1 - tau))); try lra; nra.
Qed.
